// Threads that serve a device.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

#include <pthread.h>

namespace slipway::mount {

/// A thread that gets no signals: they go to the thread that waits for the end.
template <typename Function>
std::jthread start_thread(Function function) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::jthread thread(std::move(function));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

} // namespace slipway::mount
