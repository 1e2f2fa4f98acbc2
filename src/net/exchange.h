// One request on a connection and what becomes of it, apart from how its bytes come and go.
#pragma once

#include <chrono>
#include <string>

#include "net/message_reader.h"
#include "net/reply.h"
#include "net/server.h"

namespace slipway::net {

/// One request and what is known of its answer.
struct Exchange {
    Request request;
    Protocol protocol;
    std::string target;
    std::size_t charged_bytes = 0; ///< of the body, counted in ServerCore::bodies_bytes
    int refusal = 0;               ///< a status, if the request is not to be handled
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::uint64_t sent_bytes = 0; ///< of the response's body
};

/// Takes the head as far as it was read.
void take_head(Exchange& exchange, RequestHead& head);

/// Refuses what no handler is to see; gives the others their path and query.
void judge_request(Exchange& exchange);

/// What the handler says, or what becomes of its failure. Blocks as long as the handler does.
Response call_handler(const Handler& handler, const Request& request);

Response refusal_response(int status);

} // namespace slipway::net
