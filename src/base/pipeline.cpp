#include "base/pipeline.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace slipway {

namespace {

struct Task {
    std::size_t cost_bytes = 0;
    Work work;
    Deliver deliver; // set once the work is done
    bool done = false;
};

std::size_t core_count() {
    return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

} // namespace

struct Pipeline::State {
    explicit State(Options options) : limit_bytes(options.in_flight_bytes) {
        const auto count = options.threads == 0 ? core_count() : options.threads;
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([this] { run(); });
        }
    }

    ~State() {
        {
            const std::scoped_lock held(mutex);
            stopping = true;
        }
        changed.notify_all();
    }

    void run() {
        std::unique_lock held(mutex);
        for (;;) {
            changed.wait(held, [&] { return stopping || !waiting.empty(); });
            if (stopping) {
                return;
            }
            const auto task = std::move(waiting.front());
            waiting.pop_front();
            held.unlock();
            Deliver deliver;
            std::exception_ptr error;
            try {
                deliver = task->work();
            } catch (...) {
                error = std::current_exception();
            }
            task->work = nullptr;
            held.lock();
            task->deliver = std::move(deliver);
            task->done = true;
            if (error) {
                fail(error);
            }
            deliver_ready(held);
        }
    }

    /// Delivers from the head as far as it is done; one thread at a time.
    void deliver_ready(std::unique_lock<std::mutex>& held) {
        while (!delivering && !stopping && !ordered.empty() && ordered.front()->done) {
            delivering = true;
            const auto task = std::move(ordered.front());
            ordered.pop_front();
            held.unlock();
            std::exception_ptr error;
            try {
                if (task->deliver) {
                    task->deliver();
                }
                task->deliver = nullptr;
            } catch (...) {
                error = std::current_exception();
            }
            held.lock();
            delivering = false;
            in_flight_bytes -= task->cost_bytes;
            if (error) {
                fail(error);
            }
            changed.notify_all();
        }
    }

    void fail(std::exception_ptr error) {
        if (!first_error) {
            first_error = std::move(error);
        }
        stopping = true;
        changed.notify_all();
    }

    void rethrow() const {
        if (first_error) {
            std::rethrow_exception(first_error);
        }
    }

    const std::size_t limit_bytes;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::shared_ptr<Task>> waiting; // not begun
    std::deque<std::shared_ptr<Task>> ordered; // not delivered
    std::size_t in_flight_bytes = 0;
    bool delivering = false;
    bool stopping = false;
    std::exception_ptr first_error;
    std::vector<std::jthread> threads; // last: joined before the rest goes
};

Pipeline::Pipeline(Options options) : state_(std::make_unique<State>(options)) {}

Pipeline::~Pipeline() = default;

void Pipeline::submit(std::size_t cost_bytes, Work work) {
    auto& state = *state_;
    std::unique_lock held(state.mutex);
    state.changed.wait(held, [&] {
        return state.stopping || state.ordered.empty() ||
               state.in_flight_bytes + cost_bytes <= state.limit_bytes;
    });
    state.rethrow();
    auto task = std::make_shared<Task>(Task{cost_bytes, std::move(work), nullptr, false});
    state.in_flight_bytes += cost_bytes;
    state.ordered.push_back(task);
    state.waiting.push_back(std::move(task));
    state.changed.notify_all();
}

void Pipeline::finish() {
    auto& state = *state_;
    std::unique_lock held(state.mutex);
    state.changed.wait(held, [&] {
        return state.stopping || (state.ordered.empty() && !state.delivering);
    });
    state.rethrow();
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& each) {
    std::atomic<std::size_t> next = 0;
    std::exception_ptr first_error;
    std::mutex mutex;
    const auto work = [&] {
        try {
            for (auto i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
                each(i);
            }
        } catch (...) {
            next = count;
            const std::scoped_lock held(mutex);
            first_error = first_error ? first_error : std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < std::min(core_count(), count); ++i) {
            threads.emplace_back(work);
        }
        work();
    }
    if (first_error) {
        std::rethrow_exception(first_error);
    }
}

} // namespace slipway
