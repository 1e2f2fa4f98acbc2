// Keeps a lease of a commit on its servers while this process runs it.
#pragma once

#include <condition_variable>
#include <string>
#include <thread>
#include <vector>

#include "base/reporter.h"
#include "net/client.h"
#include "sync/records.h"

namespace slipway::sync {

/// Asks each server for a lease at once and then at intervals, in a thread of its own; gives it
/// back at its end. Nothing depends on an answer: a server may be away, or keep no leases. That is
/// told as a detail.
class LeaseKeeper {
public:
    LeaseKeeper(std::vector<net::Url> servers, const Digest& commit, Reporter& reporter);
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    const std::string& holder() const { return lease_.holder; }

private:
    void keep(const std::stop_token& stop);
    bool ask_all(const LeaseRequest& lease);
    void ask(const net::Url& server, const LeaseRequest& lease) const;

    std::vector<net::Url> servers_;
    LeaseRequest lease_;
    Reporter& reporter_;
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::jthread thread_; // last: joined before the rest goes
};

/// How this process calls itself: host, boot and process.
std::string lease_holder();

} // namespace slipway::sync
