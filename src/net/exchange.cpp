#include "net/exchange.h"

#include <fmt/format.h>

#include "net/ascii.h"
#include "net/target.h"

namespace slipway::net {

void take_head(Exchange& exchange, RequestHead& head) {
    exchange.request.method = std::move(head.method);
    exchange.request.fields = std::move(head.fields);
    exchange.target = std::move(head.target);
    exchange.protocol = {head.http_1_1, head.keep_alive};
}

void judge_request(Exchange& exchange) {
    auto& request = exchange.request;
    if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
        exchange.refusal = 405;
        return;
    }
    const auto expect = request.fields.find("Expect");
    if (expect != request.fields.end() &&
        (!starts_without_case(expect->second, "100-continue") || expect->second.size() != 12)) {
        exchange.refusal = 417;
        return;
    }
    auto target = parse_target(exchange.target);
    if (!target) {
        exchange.refusal = 400;
        return;
    }
    request.path = std::move(target->path);
    request.query = std::move(target->query);
}

Response call_handler(const Handler& handler, const Request& request) {
    try {
        auto response = handler(request);
        check_response(response);
        return response;
    } catch (const Error& error) {
        return text_response(status_of(error.fault()), error.report() + '\n');
    } catch (const std::exception&) {
        // Its text is not meant for strangers.
        return text_response(500, "error: the server failed to answer this request\n");
    }
}

Response refusal_response(int status) {
    auto response = text_response(status, fmt::format("error: {}\n", reason_of(status)));
    if (status == 405) {
        response.fields["Allow"] = "GET, HEAD, POST";
    } else if (status == 503) {
        response.fields["Retry-After"] = "1";
    }
    return response;
}

} // namespace slipway::net
