// Data behind its lock.
#pragma once

#include <mutex>
#include <utility>

namespace slipway {

/// A value that can be reached only while its mutex is held.
template <typename Value>
class Guarded {
public:
    Guarded() = default;

    /// Constructs the value in place.
    template <typename... Arguments>
    explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

    /// Holds the lock as long as it lives.
    class Access {
    public:
        Value* operator->() const { return value_; }

        Value& operator*() const { return *value_; }

        /// For waiting on a condition variable.
        std::unique_lock<std::mutex>& lock() { return lock_; }

    private:
        friend class Guarded;

        Access(std::mutex& mutex, Value& value) : lock_(mutex), value_(&value) {}

        std::unique_lock<std::mutex> lock_;
        Value* value_;
    };

    Access lock() { return Access(mutex_, value_); }

private:
    std::mutex mutex_;
    Value value_;
};

} // namespace slipway
