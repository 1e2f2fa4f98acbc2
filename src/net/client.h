// An HTTP/1.1 client: one kept-alive connection, no redirects; over TCP, or to a program.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"

namespace slipway::net {

/// How a server is reached: over TCP, or as a program whose standard input and output are the
/// connection (a directory's runs on this machine, that of ssh on another).
enum class Scheme { http, ssh, directory };

/// http://host[:port][/prefix]; the prefix goes in front of every path asked for.
/// ssh://[user@]host[:port]/path, or a directory: the path is where things are on that machine.
struct Url {
    std::string host{};
    std::uint16_t port = 80; ///< of ssh 0: as ssh itself decides
    std::string prefix{};    ///< "" or "/path" without a slash at its end
    Scheme scheme = Scheme::http;
    std::string user{}; ///< of ssh; empty: as ssh itself decides
    std::string path{}; ///< not encoded; of ssh it begins with a slash

    /// A directory's is its path.
    std::string text() const;

    /// Nothing if `text` is neither an http:// nor an ssh:// URL. IPv6 in brackets. User and host
    /// do not begin with '-', and the path has no control characters.
    static std::optional<Url> parse(std::string_view text);

    static Url of_directory(std::string path);

    friend bool operator==(const Url&, const Url&) = default;
};

struct ClientOptions {
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds stall_timeout{15000}; ///< without a byte received
    /// Before the first byte from a program: a person may have to type a password.
    std::chrono::milliseconds program_timeout{180'000};
    /// The program for a URL that is not http://, with its arguments. Without it there is no
    /// connection to such a URL.
    std::function<std::vector<std::string>(const Url& url)> program{};
};

/// Every member has a default, so that a request names only what it needs: {.path = "/heads"}.
struct ClientRequest {
    std::string method = "GET";
    std::string path{}; ///< encoded, with its query, starts with '/'
    Fields fields{};
    std::optional<ByteRange> range{};
    Buffer body{};
};

struct ClientResponse {
    int status = 0;
    Fields fields;
    std::optional<std::uint64_t> length; ///< of the body, if announced
};

/// One connection to one server, opened at need and again after it was lost. One thread at a time.
/// Every network failure throws Fault::unavailable naming the URL. A request that fails on a
/// kept-alive connection before any byte of its response is tried once more on a new one.
class Client {
public:
    explicit Client(Url url, ClientOptions options = {});
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Takes the body's pieces as they arrive; may be empty. What it throws drops the connection.
    using OnBody = std::function<void(ConstBytes piece)>;

    /// Called once with the head, before any piece of the body; its result takes the pieces.
    using OnHead = std::function<OnBody(const ClientResponse& head)>;

    /// Sends and reads the whole response, whatever its status. Fewer bytes than announced is
    /// Fault::unavailable; bytes that are not HTTP, or another range than asked, are
    /// Fault::corrupt.
    ClientResponse exchange(const ClientRequest& request, const OnHead& on_head);

    /// As exchange(), for who need not see the head first.
    ClientResponse send(const ClientRequest& request, const OnBody& on_body);

    /// The whole body of a 200 or 206; Fault::not_found for 404, unavailable for 5xx, else refused.
    /// More than `limit_bytes` is Fault::corrupt. If a range was asked for and the server ignores
    /// it, the range is cut out of the whole.
    Buffer fetch(const ClientRequest& request, std::uint64_t limit_bytes);

    const Url& url() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace slipway::net
