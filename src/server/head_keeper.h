// Makes head statements anew before they expire, for as long as a server runs.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/reporter.h"
#include "store/repository.h"

namespace slipway::server {

/// Does nothing in a repository without keys, or without the server's key.
class HeadKeeper {
public:
    /// Looks at once, then every minute in a thread of its own. What fails is a notice, and is
    /// tried again. `reporter` outlives it.
    HeadKeeper(store::RepositoryPaths paths, Reporter& reporter);

    /// Stops soon.
    ~HeadKeeper() = default;
    HeadKeeper(const HeadKeeper&) = delete;
    HeadKeeper& operator=(const HeadKeeper&) = delete;

private:
    void look();
    void keep_on(const std::stop_token& stop);

    store::RepositoryPaths paths_;
    Reporter& reporter_;
    std::string told_; ///< the failure that was told last
    std::mutex mutex_;
    std::condition_variable_any waiting_;
    std::jthread thread_; ///< the last member: it uses the others
};

} // namespace slipway::server
