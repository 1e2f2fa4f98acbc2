#include "net/connection.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <memory>
#include <span>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/error.h"
#include "net/exchange.h"
#include "net/input.h"
#include "net/message_reader.h"
#include "net/reply.h"

// In this file no co_await stands inside a condition, nor beside && or ||: g++ 12.2 then gets the
// coroutine's frame wrong, and the first resumption crashes.

namespace slipway::net {

namespace {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Socket = asio::posix::basic_stream_descriptor<Executor>;
using Clock = std::chrono::steady_clock;

template <typename Result>
using Task = asio::awaitable<Result, Executor>;

constexpr asio::use_awaitable_t<Executor> use_task;

constexpr std::size_t sendfile_step_bytes = 1U << 20U;
constexpr std::size_t fair_share_bytes = 8U << 20U; ///< sent before others get their turn
constexpr std::size_t stream_piece_bytes = 64U << 10U;
constexpr std::size_t linger_limit_bytes = 1U << 20U;
constexpr std::chrono::milliseconds linger_time{2000};

/// Runs `work` on a handler thread and resumes the coroutine on its own. `work` must not throw.
template <typename Work>
Task<void> run_blocking(ServerCore& core, Work& work) {
    const auto initiate = [&](auto handler) {
        asio::post(core.handlers, [&work, &io = core.io, handler = std::move(handler)]() mutable {
            work();
            asio::post(io, std::move(handler));
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        initiate, use_task
    );
}

/// What became of reading.
enum class Intake { complete, refused, lost };

class Connection {
public:
    Connection(ServerCore& core, FileDescriptor socket, std::string peer)
        : core_(core), watch_(socket.get()), socket_(core.io.get_executor(), socket.release()),
          peer_(std::move(peer)), input_(core.options.header_limit_bytes) {
        watch_.expect_within(core.options.header_timeout);
        core_.watches.add(watch_);
    }

    ~Connection() { core_.watches.remove(watch_); }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Task<void> run();

private:
    Task<void> wait(asio::posix::descriptor_base::wait_type what);
    Task<bool> receive();
    Task<bool> await_request();
    Task<Intake> read_request(Exchange& exchange);
    Task<Intake> read_until(RequestReader& reader, bool (RequestReader::*goal)() const);
    Task<void> linger();

    Task<bool> answer(Exchange& exchange);
    Task<bool> send(std::span<iovec> pieces, int flags);
    Task<bool> send_text(std::string_view text);
    Task<bool> send_reply(const Reply& reply, const Body& body, std::uint64_t& sent);
    Task<bool> send_buffer(const Reply& reply, const Buffer& buffer, std::uint64_t& sent);
    Task<bool> send_file(const Reply& reply, const FileBody& body, std::uint64_t& sent);
    Task<bool> send_stream(const Reply& reply, Source& source, std::uint64_t& sent);
    Task<bool> send_piece(ConstBytes piece, bool chunked);

    bool take_piece(Exchange& exchange, ConstBytes piece);
    void log(const Exchange& exchange, int status) const;

    ServerCore& core_;
    Watch watch_;
    Socket socket_;
    std::string peer_;
    Input input_;
    bool sent_anything_ = false;
};

Task<void> Connection::run() {
    for (;;) {
        const bool requested = co_await await_request();
        if (!requested) {
            break;
        }
        Exchange exchange;
        exchange.request.peer = peer_;
        const auto intake = co_await read_request(exchange);
        bool goes_on = false;
        if (intake != Intake::lost) {
            goes_on = co_await answer(exchange);
        }
        core_.bodies_bytes -= exchange.charged_bytes;
        if (intake == Intake::refused) {
            co_await linger();
        }
        if (!goes_on || intake != Intake::complete) {
            break;
        }
    }
}

Task<void> Connection::wait(asio::posix::descriptor_base::wait_type what) {
    boost::system::error_code ignored; // the system call that follows says it better
    co_await socket_.async_wait(what, asio::redirect_error(use_task, ignored));
}

/// Receives once; false at the end of the connection.
Task<bool> Connection::receive() {
    for (;;) {
        const auto room = input_.room();
        const auto count = recv(watch_.socket, room.data(), room.size(), MSG_DONTWAIT);
        if (count > 0) {
            input_.commit(static_cast<std::size_t>(count));
            co_return true;
        }
        if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
            co_return false;
        }
        co_await wait(asio::posix::descriptor_base::wait_read);
    }
}

/// Waits for the first byte of a request, holding no buffer meanwhile.
Task<bool> Connection::await_request() {
    if (input_.empty()) {
        input_.release();
        if (sent_anything_) {
            watch_.expect_within(core_.options.idle_timeout);
        }
        watch_.set_idle();
        if (core_.stopping) {
            co_return false;
        }
        co_await wait(asio::posix::descriptor_base::wait_read);
        watch_.set_busy();
        const bool received = co_await receive();
        if (!received) {
            co_return false;
        }
    }
    watch_.expect_within(core_.options.header_timeout);
    co_return true;
}

Task<Intake> Connection::read_until(RequestReader& reader, bool (RequestReader::*goal)() const) {
    while (!(reader.*goal)()) {
        const auto used = reader.feed(input_.view());
        input_.consume(used);
        if (reader.refusal()) {
            co_return Intake::refused;
        }
        if (used > 0) {
            continue;
        }
        if (input_.room().empty()) {
            co_return Intake::refused;
        }
        const bool received = co_await receive();
        if (!received) {
            co_return Intake::lost;
        }
    }
    co_return Intake::complete;
}

/// Leaves the exchange with a request to handle, or with a refusal.
Task<Intake> Connection::read_request(Exchange& exchange) {
    const RequestReader::Limits limits{
        core_.options.header_limit_bytes, core_.options.body_limit_bytes};
    RequestReader reader(limits, [&](ConstBytes piece) { return take_piece(exchange, piece); });
    auto intake = co_await read_until(reader, &RequestReader::has_head);
    take_head(exchange, reader.head());
    if (intake == Intake::complete) {
        judge_request(exchange);
    }
    if (intake == Intake::complete && exchange.refusal == 0) {
        const auto expect = exchange.request.fields.find("Expect");
        const bool asks = expect != exchange.request.fields.end();
        if (asks && !reader.is_done() && input_.empty() && exchange.protocol.http_1_1) {
            co_await send_text("HTTP/1.1 100 Continue\r\n\r\n");
            watch_.expect_within(core_.options.header_timeout);
        }
        intake = co_await read_until(reader, &RequestReader::is_done);
    }
    if (intake == Intake::lost && watch_.expired) {
        exchange.refusal = 408;
    } else if (intake == Intake::refused) {
        // Without a reason of the reader's, what it waits for has no room in the buffer.
        exchange.refusal = reader.refusal().value_or(reader.has_head() ? 400 : 431);
    }
    co_return exchange.refusal != 0 ? Intake::refused : intake;
}

bool Connection::take_piece(Exchange& exchange, ConstBytes piece) {
    if (core_.bodies_bytes + piece.size() > core_.options.all_bodies_limit_bytes) {
        return false;
    }
    core_.bodies_bytes += piece.size();
    exchange.charged_bytes += piece.size();
    exchange.request.body.insert(exchange.request.body.end(), piece.begin(), piece.end());
    return true;
}

/// Closing a socket with unread bytes resets the connection, and the client may never see the
/// refusal: so the rest of what it sends is read for a while and dropped.
Task<void> Connection::linger() {
    shutdown(watch_.socket, SHUT_WR);
    watch_.sending = true; // the deadline cuts off without a warning
    watch_.expect_within(linger_time);
    for (std::size_t dropped = 0; dropped < linger_limit_bytes;) {
        dropped += input_.view().size();
        input_.release();
        const bool received = co_await receive();
        if (!received) {
            break;
        }
    }
}

Task<bool> Connection::answer(Exchange& exchange) {
    watch_.expect_nothing();
    Response response;
    if (exchange.refusal != 0) {
        response = refusal_response(exchange.refusal);
        exchange.protocol.keep_alive = false;
    } else {
        auto work = [&] { response = call_handler(core_.handler, exchange.request); };
        co_await run_blocking(core_, work);
    }
    if (core_.stopping) {
        exchange.protocol.keep_alive = false;
    }
    const auto now = std::time(nullptr);
    const auto reply = plan_reply(exchange.request, exchange.protocol, response, now);
    watch_.sending = true;
    watch_.expect_within(core_.options.stall_timeout);
    const bool sent = co_await send_reply(reply, response.body, exchange.sent_bytes);
    watch_.sending = false;
    sent_anything_ = true;
    log(exchange, reply.status);
    co_return sent&& reply.keep_alive;
}

/// Sends all of the pieces, which it uses up; false if the connection broke or stalled.
Task<bool> Connection::send(std::span<iovec> pieces, int flags) {
    while (!pieces.empty()) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        const auto count = sendmsg(watch_.socket, &message, flags | MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                co_return false;
            }
            co_await wait(asio::posix::descriptor_base::wait_write);
            continue;
        }
        watch_.expect_within(core_.options.stall_timeout);
        auto left = static_cast<std::size_t>(count);
        while (!pieces.empty() && left >= pieces.front().iov_len) {
            left -= pieces.front().iov_len;
            pieces = pieces.subspan(1);
        }
        if (!pieces.empty()) {
            pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + left;
            pieces.front().iov_len -= left;
        }
    }
    co_return true;
}

/// sendmsg only reads, though its interface does not say so.
iovec piece_of(ConstBytes bytes) {
    return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

iovec piece_of(std::string_view text) {
    return piece_of(as_bytes(text));
}

Task<bool> Connection::send_text(std::string_view text) {
    std::array pieces = {piece_of(text)};
    co_return co_await send(pieces, 0);
}

Task<bool> Connection::send_reply(const Reply& reply, const Body& body, std::uint64_t& sent) {
    if (!reply.has_body) {
        co_return co_await send_text(reply.head);
    }
    if (const auto* buffer = std::get_if<std::shared_ptr<const Buffer>>(&body)) {
        co_return co_await send_buffer(reply, **buffer, sent);
    }
    if (const auto* file = std::get_if<FileBody>(&body)) {
        co_return co_await send_file(reply, *file, sent);
    }
    co_return co_await send_stream(reply, *std::get<StreamBody>(body).source, sent);
}

/// Head and body from where they lie, without a copy.
Task<bool> Connection::send_buffer(const Reply& reply, const Buffer& buffer, std::uint64_t& sent) {
    const auto length = static_cast<std::size_t>(*reply.length);
    const auto body = ConstBytes(buffer).subspan(static_cast<std::size_t>(reply.offset), length);
    std::array pieces = {piece_of(reply.head), piece_of(body)};
    const bool all = co_await send(pieces, 0);
    sent += length - (all ? 0 : pieces[1].iov_len);
    co_return all;
}

Task<bool> Connection::send_file(const Reply& reply, const FileBody& body, std::uint64_t& sent) {
    std::array head = {piece_of(reply.head)};
    const bool head_sent = co_await send(head, MSG_MORE);
    if (!head_sent) {
        co_return false;
    }
    auto position = static_cast<off_t>(body.offset + reply.offset);
    std::size_t since_yield = 0;
    for (auto left = *reply.length; left > 0;) {
        const auto step = std::min<std::uint64_t>(left, sendfile_step_bytes);
        const auto count = sendfile(watch_.socket, body.file->descriptor(), &position, step);
        if (count > 0) {
            const auto moved = static_cast<std::size_t>(count);
            left -= moved;
            sent += moved;
            since_yield += moved;
            watch_.expect_within(core_.options.stall_timeout);
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
            co_return false; // the file has become shorter, or the client has gone
        } else {
            co_await wait(asio::posix::descriptor_base::wait_write);
        }
        if (since_yield >= fair_share_bytes) {
            since_yield = 0;
            co_await asio::post(core_.io, use_task);
        }
    }
    co_return true;
}

Task<bool> Connection::send_stream(const Reply& reply, Source& source, std::uint64_t& sent) {
    const bool head_sent = co_await send_text(reply.head);
    if (!head_sent) {
        co_return false;
    }
    Buffer buffer(stream_piece_bytes);
    std::optional<std::uint64_t> left = reply.length;
    for (;;) {
        std::size_t count = 0;
        bool failed = false;
        auto work = [&] {
            try {
                count = source.read(buffer);
            } catch (const std::exception&) {
                failed = true; // the head is gone: all that can be done is to cut the body short
            }
        };
        watch_.expect_nothing();
        co_await run_blocking(core_, work);
        watch_.expect_within(core_.options.stall_timeout);
        if (failed || (left && (count == 0 || count > *left))) {
            co_return false;
        }
        if (count == 0) {
            bool ended = true;
            if (reply.chunked) {
                ended = co_await send_text("0\r\n\r\n");
            }
            co_return ended;
        }
        const bool piece_sent = co_await send_piece(ConstBytes(buffer).first(count), reply.chunked);
        if (!piece_sent) {
            co_return false;
        }
        sent += count;
        if (left && (*left -= count) == 0) {
            co_return true;
        }
    }
}

Task<bool> Connection::send_piece(ConstBytes piece, bool chunked) {
    if (!chunked) {
        std::array plain = {piece_of(piece)};
        co_return co_await send(plain, 0);
    }
    const auto size_line = fmt::format("{:x}\r\n", piece.size());
    std::array framed = {piece_of(size_line), piece_of(piece), piece_of("\r\n")};
    co_return co_await send(framed, 0);
}

void Connection::log(const Exchange& exchange, int status) const {
    if (!core_.options.log) {
        return;
    }
    const auto duration = Clock::now() - exchange.began;
    core_.options.log(
        {.peer = peer_,
         .method = exchange.request.method,
         .target = exchange.target,
         .status = status,
         .bytes = exchange.sent_bytes,
         .duration = std::chrono::duration_cast<std::chrono::microseconds>(duration)}
    );
}

Task<void> run_owned(std::unique_ptr<Connection> connection) {
    co_await connection->run();
}

} // namespace

void serve_connection(ServerCore& core, FileDescriptor socket, std::string peer) {
    auto connection = std::make_unique<Connection>(core, std::move(socket), std::move(peer));
    asio::co_spawn(core.io, run_owned(std::move(connection)), asio::detached);
}

} // namespace slipway::net
