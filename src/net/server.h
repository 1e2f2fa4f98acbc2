// An HTTP/1.1 server: keep-alive, HEAD, single ranges, conditional requests, limits, timeouts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"

namespace slipway::net {

/// One line of the access log.
struct Access {
    std::string peer;
    std::string method;
    std::string target;
    int status = 0;
    std::uint64_t bytes = 0; ///< of body sent
    std::chrono::microseconds duration{};
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080; ///< 0: any free one
    std::size_t threads = 0;   ///< 0: one a core
    std::size_t connections = 4096;
    std::size_t header_limit_bytes = 16U << 10U;
    std::size_t body_limit_bytes = 4U << 20U;
    std::chrono::seconds header_timeout{15};  ///< for a whole request head and body
    std::chrono::seconds idle_timeout{75};    ///< between requests
    std::chrono::seconds stall_timeout{60};   ///< a client that takes nothing of a response
    std::chrono::seconds shutdown_grace{10};
    std::function<void(const Access&)> log; ///< called on any thread; may be empty
};

/// Answers one request; may block, runs on any of the handler threads. An Error thrown becomes a
/// response whose status follows its Fault and whose text is its report.
using Handler = std::function<Response(const Request& request)>;

class Server {
public:
    /// Binds and listens; throws Fault::unavailable or refused if it cannot.
    Server(ServerOptions options, Handler handler);
    ~Server(); ///< as stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;

    /// Takes no new connection, lets requests under way finish within the grace, then returns.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The HTTP status for a Fault: usage 400, not_found 404, refused 403, unavailable 503, else 500.
int status_of(Fault fault);

} // namespace slipway::net
