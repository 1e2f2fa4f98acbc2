#include "net/message_reader.h"

#include <limits>
#include <utility>

// Beast 1.74 asserts that a last chunk has arrived with two bytes behind it, which a peer need not
// do; it reads nothing out of bounds then. No peer may abort a build with assertions.
#define BOOST_DISABLE_ASSERTS

// With sanitizers on, g++ 12 sees an unset optional of Beast's where there is none.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "net/ascii.h"

namespace slipway::net {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string to_string(string_view text) {
    return {text.data(), text.size()};
}

void add_field(Fields& fields, string_view name, string_view value) {
    const auto [field, is_new] = fields.try_emplace(to_string(name), to_string(value));
    if (!is_new) {
        field->second += ", ";
        field->second += to_string(value);
    }
}

/// Beast's parser with what requests and responses share; the head is closed once it is complete,
/// so that trailers of a chunked body do not change it.
template <bool is_request, typename Head>
class Parser : public http::basic_parser<is_request> {
public:
    using Sink = std::function<bool(ConstBytes)>;

    Head head;
    Sink sink;

    /// Takes from the front of `bytes`; need_more is not an error.
    std::size_t take(ConstBytes bytes, error_code& error) {
        if (bytes.empty() || this->is_done()) {
            return 0;
        }
        this->eager(this->is_header_done());
        const auto used = this->put({bytes.data(), bytes.size()}, error);
        if (error == http::error::need_more) {
            error = {};
        }
        return used;
    }

protected:
    void
    on_request_impl(http::verb, string_view method, string_view target, int version, error_code&)
        override {
        if constexpr (is_request) {
            head.method = to_string(method);
            head.target = to_string(target);
            head.http_1_1 = version == 11;
        }
    }

    void on_response_impl(int status, string_view, int, error_code&) override {
        if constexpr (!is_request) {
            head.status = status;
        }
    }

    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
        if (!this->is_header_done()) {
            add_field(head.fields, name, value);
        }
    }

    void on_header_impl(error_code& error) override { error = {}; }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override {
        error = {};
    }

    std::size_t on_body_impl(string_view body, error_code& error) override {
        if (sink && !sink(as_bytes(std::string_view(body.data(), body.size())))) {
            error = http::error::buffer_overflow;
        }
        return body.size();
    }

    void on_chunk_header_impl(std::uint64_t, string_view, error_code& error) override {
        error = {};
    }

    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& error) override {
        return on_body_impl(body, error);
    }

    void on_finish_impl(error_code& error) override { error = {}; }
};

/// Beast counts the lines of a head by a number of 32 bits.
std::uint32_t beast_limit(std::size_t limit) {
    constexpr std::size_t largest = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(limit, largest));
}

int status_of(const error_code& error) {
    if (error == http::error::header_limit) {
        return 431;
    }
    if (error == http::error::body_limit) {
        return 413;
    }
    if (error == http::error::buffer_overflow) {
        return 503;
    }
    return error == http::error::bad_version ? 505 : 400;
}

} // namespace

struct RequestReader::State {
    Limits limits;
    Parser<true, RequestHead> parser;
    std::size_t head_bytes = 0;
    std::optional<int> refusal;

    /// What is HTTP but not to be answered: RFC 9112, sections 3.2, 6.1.
    void check_head() {
        auto& head = parser.head;
        head.keep_alive = parser.keep_alive();
        if (const auto length = parser.content_length()) {
            head.length = *length;
        }
        const auto host = head.fields.find("Host");
        const bool has_host = host != head.fields.end();
        if (has_host ? host->second.find(',') != std::string::npos : head.http_1_1) {
            refusal = 400;
        }
        if (head.fields.contains("Transfer-Encoding")) {
            if (!head.http_1_1) {
                refusal = 400;
            } else if (!parser.chunked()) {
                refusal = 501;
            }
        }
    }
};

RequestReader::RequestReader(Limits limits, OnBody on_body) : state_(std::make_unique<State>()) {
    state_->limits = limits;
    state_->parser.header_limit(beast_limit(limits.header_bytes));
    state_->parser.body_limit(limits.body_bytes);
    state_->parser.sink = std::move(on_body);
}

RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(ConstBytes bytes) {
    auto& state = *state_;
    if (state.refusal) {
        return 0;
    }
    // An empty line before a request is left over from an old client's body (RFC 9112, 2.2).
    if (!state.parser.got_some() && as_text(bytes).starts_with('\r')) {
        if (as_text(bytes).starts_with("\r\n")) {
            return 2;
        }
        if (bytes.size() == 1) {
            return 0; // the line may end with the next byte
        }
    }
    const bool had_head = has_head();
    error_code error;
    const auto used = state.parser.take(bytes, error);
    if (!had_head) {
        state.head_bytes += used;
        if (state.head_bytes > state.limits.header_bytes) {
            error = http::error::header_limit;
        }
    }
    if (error) {
        state.refusal = status_of(error);
    } else if (!had_head && has_head()) {
        state.check_head();
    }
    return used;
}

bool RequestReader::has_head() const {
    return state_->parser.is_header_done();
}

bool RequestReader::is_done() const {
    return state_->parser.is_done();
}

std::optional<int> RequestReader::refusal() const {
    return state_->refusal;
}

RequestHead& RequestReader::head() {
    return state_->parser.head;
}

struct ResponseReader::State {
    Parser<false, ResponseHead> parser;
    std::size_t header_limit_bytes = 0;
    std::size_t head_bytes = 0;

    void refuse(std::string_view reason) const {
        throw Error(Fault::corrupt, fmt::format("the answer is not HTTP: {}", reason));
    }
};

ResponseReader::ResponseReader(BodyRule rule, std::size_t header_limit_bytes)
    : state_(std::make_unique<State>()) {
    state_->header_limit_bytes = header_limit_bytes;
    state_->parser.header_limit(beast_limit(header_limit_bytes));
    // Not boost::none, which this Beast takes for less than any announced length.
    state_->parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    state_->parser.skip(rule == BodyRule::none);
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::deliver_to(OnBody on_body) {
    state_->parser.sink = [deliver = std::move(on_body)](ConstBytes piece) {
        if (deliver) {
            deliver(piece);
        }
        return true;
    };
}

std::size_t ResponseReader::feed(ConstBytes bytes) {
    auto& state = *state_;
    const bool had_head = has_head();
    error_code error;
    const auto used = state.parser.take(bytes, error);
    if (error) {
        state.refuse(error.message());
    }
    if (!had_head) {
        state.head_bytes += used;
        if (state.head_bytes > state.header_limit_bytes) {
            state.refuse("the head is too long");
        }
        if (has_head()) {
            if (const auto length = state.parser.content_length()) {
                state.parser.head.length = *length;
            }
        }
    }
    return used;
}

bool ResponseReader::feed_end() {
    auto& parser = state_->parser;
    if (!parser.is_header_done() || parser.is_done()) {
        return parser.is_done();
    }
    error_code error;
    parser.put_eof(error);
    return !error && parser.is_done();
}

bool ResponseReader::has_head() const {
    return state_->parser.is_header_done();
}

bool ResponseReader::is_done() const {
    return state_->parser.is_done();
}

bool ResponseReader::keep_alive() const {
    return state_->parser.keep_alive();
}

ResponseHead& ResponseReader::head() {
    return state_->parser.head;
}

} // namespace slipway::net
