// Parsing of HTTP/1.1 messages, by Beast, behind plain values: hostile bytes in, no I/O.
//
// Both readers take bytes from the front of what they are given and say how many; 0 means that
// they need more bytes than these. Both stop behind the head and behind the whole message.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http.h"

namespace slipway::net {

struct RequestHead {
    std::string method;
    std::string target;
    Fields fields; ///< of equal names the values are joined by ", "
    bool http_1_1 = false;
    bool keep_alive = false;             ///< the client would send another request
    std::optional<std::uint64_t> length; ///< of the body, if announced
};

class RequestReader {
public:
    struct Limits {
        std::size_t header_bytes = 16U << 10U;
        std::uint64_t body_bytes = 4U << 20U;
    };

    /// Takes a piece of the body; false if there is no room for it.
    using OnBody = std::function<bool(ConstBytes piece)>;

    RequestReader(Limits limits, OnBody on_body);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    std::size_t feed(ConstBytes bytes);

    bool has_head() const;
    bool is_done() const;

    /// The status to refuse the request with, once it is known to be no good.
    std::optional<int> refusal() const;

    /// Complete once has_head(); before that as far as it was read.
    RequestHead& head();

private:
    struct State;
    std::unique_ptr<State> state_;
};

struct ResponseHead {
    int status = 0;
    Fields fields;
    std::optional<std::uint64_t> length; ///< of the body, if announced
};

/// Throws Fault::corrupt for bytes that are not HTTP/1.
class ResponseReader {
public:
    enum class BodyRule { as_announced, none }; ///< none: the answer to HEAD

    using OnBody = std::function<void(ConstBytes piece)>;

    ResponseReader(BodyRule rule, std::size_t header_limit_bytes);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    /// Where the body goes; set when the head is there.
    void deliver_to(OnBody on_body);

    std::size_t feed(ConstBytes bytes);

    /// The connection has ended: some bodies end so. True if the message is whole.
    bool feed_end();

    bool has_head() const;
    bool is_done() const;
    bool keep_alive() const; ///< once has_head()
    ResponseHead& head();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace slipway::net
