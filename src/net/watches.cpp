#include "net/watches.h"

#include <sys/socket.h>

namespace slipway::net {

namespace {

void end_reading(const Watch& watch) {
    shutdown(watch.socket, SHUT_RD);
}

/// The kernel forgets what it has not yet delivered.
void cut_off(const Watch& watch) {
    const linger at_once{1, 0};
    setsockopt(watch.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    shutdown(watch.socket, SHUT_RDWR);
}

} // namespace

void Watches::add(Watch& watch) {
    const std::scoped_lock held(mutex_);
    watches_.insert(&watch);
}

void Watches::remove(Watch& watch) {
    const std::scoped_lock held(mutex_);
    watches_.erase(&watch);
    removed_.notify_all();
}

std::size_t Watches::count() const {
    const std::scoped_lock held(mutex_);
    return watches_.size();
}

void Watches::sweep() {
    const std::scoped_lock held(mutex_);
    const auto now = Watch::Clock::now().time_since_epoch().count();
    for (auto* watch : watches_) {
        if (watch->deadline > now) {
            continue;
        }
        // Whoever reads is given the chance to say 408; the next time it is cut off.
        const bool warned = watch->expired.exchange(true);
        if (watch->sending || warned) {
            cut_off(*watch);
        } else {
            end_reading(*watch);
        }
    }
}

void Watches::close_idle() {
    const std::scoped_lock held(mutex_);
    for (const auto* watch : watches_) {
        if (watch->is_idle()) {
            end_reading(*watch);
        }
    }
}

void Watches::close_one_idle() {
    const std::scoped_lock held(mutex_);
    const Watch* oldest = nullptr;
    for (const auto* watch : watches_) {
        if (watch->is_idle() && (oldest == nullptr || watch->idle_since < oldest->idle_since)) {
            oldest = watch;
        }
    }
    if (oldest != nullptr) {
        end_reading(*oldest);
    }
}

void Watches::abort_all() {
    const std::scoped_lock held(mutex_);
    for (const auto* watch : watches_) {
        cut_off(*watch);
    }
}

bool Watches::wait_until_none(Watch::Clock::time_point deadline) {
    std::unique_lock held(mutex_);
    return removed_.wait_until(held, deadline, [&] { return watches_.empty(); });
}

void Watches::wait_until_none() {
    std::unique_lock held(mutex_);
    removed_.wait(held, [&] { return watches_.empty(); });
}

} // namespace slipway::net
