// The connections of a server, watched from outside: deadlines, room for new ones, shutdown.
//
// A connection is driven by its coroutine alone. What is done to it from outside is shutdown(2)
// on its socket, which wakes the coroutine: no timer is armed for a request.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <unordered_set>

namespace slipway::net {

/// One connection, as its owner shows it. The owner sets everything but `expired`.
struct Watch {
    using Clock = std::chrono::steady_clock;

    explicit Watch(int socket_number) : socket(socket_number) {}

    /// Something must have happened by then.
    void expect_within(std::chrono::milliseconds time) {
        deadline = (Clock::now() + time).time_since_epoch().count();
    }

    void expect_nothing() { deadline = never; }

    void set_idle() { idle_since = Clock::now().time_since_epoch().count(); }

    void set_busy() { idle_since = never; }

    bool is_idle() const { return idle_since != never; }

    static constexpr auto never = Clock::duration::max().count();

    const int socket;
    std::atomic<Clock::rep> deadline = never;
    std::atomic<Clock::rep> idle_since = never; ///< no byte of a request has been read since
    std::atomic<bool> sending = false;          ///< a response is under way
    std::atomic<bool> expired = false;          ///< the deadline has passed
};

/// Any thread.
class Watches {
public:
    void add(Watch& watch);

    /// To be called before the socket is closed.
    void remove(Watch& watch);

    std::size_t count() const;

    /// Ends what has passed its deadline: reading ends with an end of file, sending with an error.
    void sweep();

    /// Ends the wait for a next request: of all connections, or of the one that has waited longest.
    void close_idle();
    void close_one_idle();

    /// Cuts every connection off.
    void abort_all();

    /// False if connections are left at `deadline`.
    bool wait_until_none(Watch::Clock::time_point deadline);
    void wait_until_none();

private:
    mutable std::mutex mutex_;
    std::condition_variable removed_;
    std::unordered_set<Watch*> watches_;
};

} // namespace slipway::net
