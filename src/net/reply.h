// How a Response becomes an HTTP/1.1 message: status, head, and which bytes of the body follow.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "net/http.h"

namespace slipway::net {

/// What the request's head says about the connection.
struct Protocol {
    bool http_1_1 = true;
    bool keep_alive = true;
};

/// What goes over the wire.
struct Reply {
    int status = 200;
    std::string head;                    ///< up to and with the empty line
    bool has_body = false;               ///< something follows the head
    std::uint64_t offset = 0;            ///< of what is sent, in the response's body
    std::optional<std::uint64_t> length; ///< of what is sent; nothing: up to a stream's end
    bool chunked = false;
    bool keep_alive = false; ///< the connection stays open behind it
};

/// Applies HEAD, If-None-Match, Range and If-Range to the response; pure.
Reply plan_reply(
    const Request& request, Protocol protocol, const Response& response, std::time_t now
);

/// Throws Fault::internal if a field of the response cannot be sent as it is.
void check_response(const Response& response);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t time);

/// The words behind a status.
std::string_view reason_of(int status);

} // namespace slipway::net
