#include "server/head_keeper.h"

#include <chrono>
#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "store/heads.h"

namespace slipway::server {

namespace {

constexpr std::chrono::seconds pause{60};

/// A connection of its own: the server's reads only.
void make_due_statements(const store::RepositoryPaths& paths) {
    const auto key = store::server_key(paths.server_key());
    if (!key) {
        return;
    }
    const auto state =
        std::make_shared<store::State>(paths.state(), store::Database::Mode::read_write);
    if (store::newest_keys(store::KeySets(state))) {
        store::make_statements(state, *key, {.now = std::time(nullptr)});
    }
}

} // namespace

HeadKeeper::HeadKeeper(store::RepositoryPaths paths, Reporter& reporter)
    : paths_(std::move(paths)), reporter_(reporter) {
    look();
    thread_ = std::jthread([this](const std::stop_token& stop) { keep_on(stop); });
}

void HeadKeeper::look() {
    try {
        make_due_statements(paths_);
        told_.clear();
    } catch (const Error& error) {
        if (told_ != error.what()) {
            told_ = error.what();
            reporter_.notice(fmt::format("head statements are not kept fresh: {}", told_));
        }
    }
}

void HeadKeeper::keep_on(const std::stop_token& stop) {
    std::unique_lock held(mutex_);
    while (!waiting_.wait_for(held, stop, pause, [] { return false; }) && !stop.stop_requested()) {
        look();
    }
}

} // namespace slipway::server
