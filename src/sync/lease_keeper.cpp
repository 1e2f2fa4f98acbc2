#include "sync/lease_keeper.h"

#include <array>
#include <chrono>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "store/leases.h"

namespace slipway::sync {

namespace {

constexpr std::int64_t lease_seconds = 3LL * 24 * 3600;
constexpr std::chrono::seconds renewal{3600};
constexpr std::chrono::seconds retry{60}; ///< after a server was away
constexpr std::size_t boot_digits = 8;
constexpr std::uint64_t largest_answer = 64U << 10U;
constexpr std::chrono::milliseconds connect_timeout{2000};
constexpr std::chrono::milliseconds stall_timeout{5000};

/// Of this boot of the machine; empty if the system does not tell.
std::string boot_id() {
    const FileDescriptor file(open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
    Buffer text(boot_digits);
    if (!file.is_open() || read_some(file.get(), text, "the boot id") != text.size()) {
        return "";
    }
    return std::string(as_text(text));
}

} // namespace

std::string lease_holder() {
    std::array<char, store::longest_holder / 2> host{};
    gethostname(host.data(), host.size() - 1);
    auto holder = fmt::format("{}/{}/{}", host.data(), boot_id(), getpid());
    for (auto& c : holder) {
        if (!store::is_lease_holder({&c, 1})) {
            c = '_';
        }
    }
    return holder;
}

LeaseKeeper::LeaseKeeper(std::vector<net::Url> servers, const Digest& commit, Reporter& reporter)
    : servers_(std::move(servers)), lease_{lease_holder(), commit, lease_seconds},
      reporter_(reporter), thread_([this](const std::stop_token& stop) { keep(stop); }) {}

LeaseKeeper::~LeaseKeeper() {
    thread_.request_stop();
    thread_.join();
    auto over = lease_;
    over.seconds = 0;
    ask_all(over);
}

void LeaseKeeper::keep(const std::stop_token& stop) {
    std::unique_lock held(mutex_);
    while (!stop.stop_requested()) {
        const auto all_answered = ask_all(lease_);
        ended_.wait_for(held, stop, all_answered ? renewal : retry, [] { return false; });
    }
}

/// False if a server did not answer.
bool LeaseKeeper::ask_all(const LeaseRequest& lease) {
    bool all_answered = true;
    for (const auto& server : servers_) {
        if (server.scheme != net::Scheme::http) {
            continue; // what runs for one command only keeps nothing
        }
        try {
            ask(server, lease);
        } catch (const Error& error) {
            all_answered = all_answered && error.fault() != Fault::unavailable;
            reporter_.detail(fmt::format("no lease: {}", error.what()));
        }
    }
    return all_answered;
}

void LeaseKeeper::ask(const net::Url& server, const LeaseRequest& lease) const {
    net::ClientOptions options;
    options.connect_timeout = connect_timeout;
    options.stall_timeout = stall_timeout;
    net::Client client(server, options);
    client.fetch(
        {.method = "POST", .path = "/v1/leases", .body = to_buffer(as_bytes(encode_lease(lease)))},
        largest_answer
    );
}

} // namespace slipway::sync
