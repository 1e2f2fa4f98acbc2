// Work handed to other threads that uses what a scope owns, and must not outlive it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace slipway::formats {

/// When an error ends a scope, other threads may still be at work for it, and more may be queued.
/// Going, the gate waits for work that runs and turns work that has not begun into nothing.
class WorkGate {
public:
    WorkGate() : state_(std::make_shared<State>()) {}

    ~WorkGate() {
        std::unique_lock held(state_->mutex);
        state_->is_closed = true;
        state_->left.wait(held, [&] { return state_->inside == 0; });
    }

    WorkGate(const WorkGate&) = delete;
    WorkGate& operator=(const WorkGate&) = delete;

    /// As `work`, but returns a default value once the gate is closed.
    template <typename Work>
    auto guard(Work work) const {
        return [state = state_, work = std::move(work)](auto&&... arguments) mutable {
            using Result = std::invoke_result_t<Work&, decltype(arguments)...>;
            const Visit visit(*state);
            if (!visit.is_inside()) {
                return Result();
            }
            return work(std::forward<decltype(arguments)>(arguments)...);
        };
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable left;
        std::size_t inside = 0;
        bool is_closed = false;
    };

    class Visit {
    public:
        explicit Visit(State& state) : state_(state) {
            const std::scoped_lock held(state_.mutex);
            is_inside_ = !state_.is_closed;
            state_.inside += is_inside_ ? 1 : 0;
        }

        ~Visit() {
            const std::scoped_lock held(state_.mutex);
            state_.inside -= is_inside_ ? 1 : 0;
            state_.left.notify_all();
        }

        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;

        bool is_inside() const { return is_inside_; }

    private:
        State& state_;
        bool is_inside_ = false;
    };

    std::shared_ptr<State> state_;
};

} // namespace slipway::formats
