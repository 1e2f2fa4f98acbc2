// An HTTP/1.1 server: keep-alive, HEAD, single ranges, conditional requests, limits, timeouts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
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
    std::string address = "127.0.0.1"; ///< numeric or a name; "::" or "": all, IPv4 and IPv6
    std::uint16_t port = 8080;         ///< 0: any free one
    std::size_t threads = 0;           ///< that run handlers, which may block; 0: four a core
    std::size_t connections = 4096;    ///< more wait unaccepted; idle ones make room for them
    std::size_t header_limit_bytes = 16U << 10U;
    std::size_t body_limit_bytes = 4U << 20U;         ///< of one request
    std::size_t all_bodies_limit_bytes = 64U << 20U;  ///< of all requests at one time
    std::chrono::milliseconds header_timeout{15'000}; ///< for a whole request head and body
    std::chrono::milliseconds idle_timeout{75'000};   ///< between requests
    std::chrono::milliseconds stall_timeout{60'000};  ///< a client that takes nothing of a response
    std::chrono::milliseconds shutdown_grace{10'000};
    std::function<void(const Access&)> log =
        {}; ///< called on any thread; may be empty; throws nothing
};

/// Answers one request; may block, runs on any of the handler threads. An Error thrown becomes a
/// response whose status follows its Fault and whose text is its report.
using Handler = std::function<Response(const Request& request)>;

class Server {
public:
    /// Binds and listens; throws Fault::unavailable or refused if it cannot.
    Server(ServerOptions options, Handler handler);

    /// Listens nowhere and serves one connected socket.
    Server(ServerOptions options, Handler handler, FileDescriptor connection);
    ~Server(); ///< as stop()
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const; ///< 0 if it listens nowhere

    /// Waits until no connection is left.
    void wait();

    /// Takes no new connection, lets requests under way finish within the grace, cuts the others
    /// off and returns. A handler that has been called is always waited for.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The HTTP status for a Fault: usage 400, not_found 404, refused 403, unavailable 503, else 500.
int status_of(Fault fault);

} // namespace slipway::net
