// A bounded pipeline on all cores: work in any order, results in the order of submission.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace slipway {

/// What follows a piece of work, run in the order of submission, never two at once.
using Deliver = std::function<void()>;

/// A piece of work, run on any worker thread.
using Work = std::function<Deliver()>;

/// Runs submitted work on a fixed number of threads.
///
/// One thread submits. The first error, from work or delivery, stops everything and is thrown by
/// the next submit() or finish(). What has not been delivered by then never is.
class Pipeline {
public:
    struct Options {
        std::size_t threads = 0;                    ///< 0: one a core
        std::size_t in_flight_bytes = 64ULL << 20U; ///< sum of costs submitted, not delivered
    };

    explicit Pipeline(Options options);
    ~Pipeline(); ///< Drops undelivered work.
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// Waits while more than the limit is in flight; one piece is always let in.
    void submit(std::size_t cost_bytes, Work work);

    /// Waits until all is delivered.
    void finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Calls `each(i)` for every i below `count` on all cores; throws the first error.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& each);

} // namespace slipway
