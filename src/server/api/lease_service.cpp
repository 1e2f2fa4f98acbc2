#include "server/api/lease_service.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "store/gc/whole.h"
#include "sync/records.h"

namespace slipway::server {

namespace {

sync::LeaseRequest parse(const Buffer& body) {
    try {
        return sync::decode_lease(as_text(body));
    } catch (const Error& error) {
        throw Error(Fault::usage, error.what()); // it is the client's mistake, not damage here
    }
}

} // namespace

store::Leases& LeaseService::leases() {
    const auto held = leases_.lock();
    if (!*held) {
        const auto& paths = repository_.paths();
        if (access(paths.state().c_str(), W_OK) != 0) {
            throw Error(Fault::refused, "this server keeps no leases");
        }
        *held = std::make_unique<store::Leases>(
            std::make_shared<store::State>(paths.state(), store::Database::Mode::read_write)
        );
    }
    return **held;
}

/// True if somebody has a lease of it already: then no collection takes it.
bool LeaseService::is_leased(const Digest& commit) {
    const auto now = std::time(nullptr);
    const auto list = leases().list();
    return std::any_of(list.begin(), list.end(), [&](const store::Lease& lease) {
        return lease.commit == commit && lease.until > now;
    });
}

net::Response LeaseService::answer(const net::Request& request) {
    const auto lease = parse(request.body);
    if (lease.seconds == 0) {
        leases().forget(lease.holder, lease.commit);
        return net::text_response(200, "ended\n");
    }
    // As a writer: a collection waits until the lease can be seen, or has condemned the commit.
    const store::WriterLock writer(repository_.paths());
    if (!is_leased(lease.commit)) {
        const auto location = repository_.index().find(lease.commit);
        if (!location || location->kind != tree::Kind::commit) {
            throw Error(Fault::not_found, fmt::format("there is no commit {}", lease.commit.hex()));
        }
        store::check_whole(repository_, lease.commit);
    }
    const auto now = std::time(nullptr);
    const auto seconds = std::min(lease.seconds, store::longest_lease_seconds);
    if (!leases().grant({lease.holder, lease.commit, now + seconds}, now)) {
        throw Error(Fault::unavailable, "there are too many leases");
    }
    return net::text_response(200, fmt::format("granted for {} seconds\n", seconds));
}

} // namespace slipway::server
