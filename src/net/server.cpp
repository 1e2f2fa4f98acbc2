#include "net/server.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/error.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/listener.h"

namespace slipway::net {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds retry_accept{10};

std::size_t core_count() {
    return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// How often deadlines are looked at: they are kept to a quarter of the shortest.
milliseconds sweep_interval(const ServerOptions& options) {
    const auto shortest =
        std::min({options.header_timeout, options.idle_timeout, options.stall_timeout});
    return std::clamp(shortest / 4, milliseconds(10), milliseconds(500));
}

/// sendfile has no MSG_NOSIGNAL; a signal that stays pending on these threads harms nobody.
void block_broken_pipe_signal() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// Accepts one connection without waiting; not open if there is none.
FileDescriptor accept_one(int listener, std::string& peer) {
    Address address;
    address.length = sizeof(address.storage);
    auto* const raw = reinterpret_cast<sockaddr*>(&address.storage);
    FileDescriptor socket(accept4(listener, raw, &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
        const int on = 1;
        setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        peer = address.text();
    }
    return socket;
}

} // namespace

struct Server::State {
    State(ServerOptions options, Handler handler)
        : handlers(options.threads == 0 ? 4 * core_count() : options.threads),
          core{std::move(options), std::move(handler), io, handlers, {}, {}, {}} {}

    void listen() {
        sockets = listen_on(core.options.address, core.options.port);
        port = port_of(sockets.front());
        for (auto& socket : sockets) {
            asio::co_spawn(io, accept_all(socket.get()), asio::detached);
        }
    }

    void start() {
        for (std::size_t i = 0; i < std::max<std::size_t>(2, core_count()); ++i) {
            threads.emplace_back([this] {
                block_broken_pipe_signal();
                io.run();
            });
        }
        sweeper = std::jthread([this](const std::stop_token& token) { sweep(token); });
    }

    asio::awaitable<void> accept_all(int number);
    void sweep(const std::stop_token& token);
    void stop();

    asio::io_context io;
    /// While a handler runs nothing else may tell the io_context that there is more to come.
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    asio::thread_pool handlers;
    ServerCore core;
    std::vector<FileDescriptor> sockets;
    std::uint16_t port = 0;
    std::jthread sweeper;
    std::vector<std::jthread> threads;
    std::once_flag stopped;
};

/// Accepts from a listening socket until the server stops. At the limit of connections the kernel
/// keeps the others waiting, and idle ones are asked to go.
asio::awaitable<void> Server::State::accept_all(int number) {
    asio::posix::stream_descriptor listener(io, fcntl(number, F_DUPFD_CLOEXEC, 0));
    asio::steady_timer pause(io);
    boost::system::error_code ignored;
    while (!core.stopping) {
        std::string peer;
        const bool full = core.watches.count() >= core.options.connections;
        FileDescriptor socket = full ? FileDescriptor() : accept_one(number, peer);
        if (socket.is_open()) {
            serve_connection(core, std::move(socket), std::move(peer));
        } else if (!full && (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)) {
            const auto wait = asio::posix::descriptor_base::wait_read;
            co_await listener.async_wait(wait, asio::redirect_error(asio::use_awaitable, ignored));
        } else {
            // Full here, or out of descriptors or memory.
            co_await listener.async_wait(
                asio::posix::descriptor_base::wait_read,
                asio::redirect_error(asio::use_awaitable, ignored)
            );
            core.watches.close_one_idle();
            pause.expires_after(retry_accept);
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
}

void Server::State::sweep(const std::stop_token& token) {
    const auto interval = sweep_interval(core.options);
    std::mutex mutex;
    std::condition_variable_any stop_wanted;
    std::unique_lock held(mutex);
    while (!token.stop_requested()) {
        stop_wanted.wait_for(held, token, interval, [] { return false; });
        core.watches.sweep();
    }
}

void Server::State::stop() {
    core.stopping = true;
    for (const auto& socket : sockets) {
        shutdown(socket.get(), SHUT_RDWR); // wakes who waits to accept
    }
    core.watches.close_idle();
    const auto end_of_grace = Watch::Clock::now() + core.options.shutdown_grace;
    if (!core.watches.wait_until_none(end_of_grace)) {
        core.watches.abort_all();
        core.watches.wait_until_none();
    }
    sweeper.request_stop();
    work.reset();
    threads.clear(); // joins: there is nothing left to run
    handlers.join();
}

Server::Server(ServerOptions options, Handler handler)
    : state_(std::make_unique<State>(std::move(options), std::move(handler))) {
    state_->listen();
    state_->start();
}

Server::Server(ServerOptions options, Handler handler, FileDescriptor connection)
    : state_(std::make_unique<State>(std::move(options), std::move(handler))) {
    fcntl(connection.get(), F_SETFL, fcntl(connection.get(), F_GETFL) | O_NONBLOCK);
    serve_connection(state_->core, std::move(connection), "local");
    state_->start();
}

void Server::wait() {
    state_->core.watches.wait_until_none();
}

Server::~Server() {
    stop();
}

std::uint16_t Server::port() const {
    return state_->port;
}

void Server::stop() {
    std::call_once(state_->stopped, [this] { state_->stop(); });
}

int status_of(Fault fault) {
    switch (fault) {
    case Fault::usage:
        return 400;
    case Fault::not_found:
        return 404;
    case Fault::refused:
        return 403;
    case Fault::unavailable:
        return 503;
    case Fault::corrupt:
    case Fault::internal:
        break;
    }
    return 500;
}

} // namespace slipway::net
