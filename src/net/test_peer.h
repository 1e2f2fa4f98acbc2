// For tests: the other end of a connection, byte by byte, and servers that answer from a script.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

#include "net/listener.h"
#include "net/server.h"
#include "net/wire.h"

namespace slipway::net {

inline constexpr std::chrono::milliseconds test_patience{20'000};

/// A client that sends what it is told to and shows what comes.
class TestPeer {
public:
    explicit TestPeer(std::uint16_t port, const std::string& host = "127.0.0.1")
        : wire_(Wire::connect("test", resolve(host, port), test_patience)) {}

    void send(std::string_view text) { wire_.send(as_bytes(text), {}, test_patience); }

    /// All until the server closes.
    std::string receive_all() {
        while (receive_more()) {
        }
        return std::move(received_);
    }

    /// At least up to the first `mark`, or all if the server closes before.
    std::string receive_until(std::string_view mark) {
        while (received_.find(mark) == std::string::npos && receive_more()) {
        }
        return std::exchange(received_, {});
    }

private:
    bool receive_more() {
        std::array<std::byte, 16384> buffer{};
        const auto count = wire_.receive(buffer, test_patience);
        received_ += as_text(ConstBytes(buffer).first(count));
        return count > 0;
    }

    Wire wire_;
    std::string received_;
};

/// Sends a request that asks to close, returns all of the answer.
inline std::string ask(std::uint16_t port, std::string_view request) {
    TestPeer peer(port);
    peer.send(request);
    return peer.receive_all();
}

/// The body behind the first head.
inline std::string body_of(const std::string& message) {
    const auto end = message.find("\r\n\r\n");
    return end == std::string::npos ? "" : message.substr(end + 4);
}

/// Accepts connections one after the other and lets a script play the server on each.
class ScriptedServer {
public:
    using Script = std::function<void(int socket, int connection)>;

    explicit ScriptedServer(Script script)
        : sockets_(listen_on("127.0.0.1", 0)),
          thread_([this, script = std::move(script)] { run(script); }) {}

    ~ScriptedServer() {
        shutdown(sockets_.front().get(), SHUT_RDWR);
        thread_.join();
    }

    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const { return port_of(sockets_.front()); }

    /// A script that reads one request and answers with `text`.
    static Script saying(std::string text) {
        return [text = std::move(text)](int socket, int) {
            read_head(socket);
            say(socket, text);
        };
    }

    static std::string read_head(int socket) {
        std::string head;
        char c = 0;
        while (!head.ends_with("\r\n\r\n") && recv(socket, &c, 1, 0) == 1) {
            head += c;
        }
        return head;
    }

    /// False once the client has gone.
    static bool say(int socket, std::string_view text) {
        return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }

private:
    void run(const Script& script) {
        for (int connection = 0;; ++connection) {
            pollfd entry{sockets_.front().get(), POLLIN, 0};
            poll(&entry, 1, -1);
            const FileDescriptor socket(accept(sockets_.front().get(), nullptr, nullptr));
            if (!socket.is_open()) {
                return;
            }
            script(socket.get(), connection);
        }
    }

    std::vector<FileDescriptor> sockets_;
    std::thread thread_;
};

} // namespace slipway::net
