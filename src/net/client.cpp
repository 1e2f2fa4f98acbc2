#include "net/client.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "net/conditions.h"
#include "net/input.h"
#include "net/message_reader.h"
#include "net/wire.h"

namespace slipway::net {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t header_limit_bytes = 64U << 10U;
constexpr std::size_t input_limit_bytes = 128U << 10U;
constexpr std::size_t error_text_limit_bytes = 64U << 10U;
constexpr std::size_t shown_text_bytes = 300;
constexpr int interim_limit = 16; ///< responses of status 1xx before the real one

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

/// No byte that would end a line or be taken for another field.
bool is_clean(std::string_view text, char least) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code >= static_cast<unsigned char>(least) && code != 0x7F;
    });
}

void check_request(const ClientRequest& request) {
    bool right =
        is_token(request.method) && request.path.starts_with('/') && is_clean(request.path, '!');
    for (const auto& [name, value] : request.fields) {
        right = right && is_token(name) && is_clean(value, ' ');
    }
    if (request.range) {
        const auto [first, length] = *request.range;
        right = right && length > 0 && length <= std::numeric_limits<std::uint64_t>::max() - first;
    }
    if (!right) {
        throw Error(Fault::usage, fmt::format("not a request: {}", printable(request.path)));
    }
}

std::string host_field(const Url& url) {
    if (url.scheme != Scheme::http) {
        return "localhost";
    }
    // The zone of an address means something on this machine only.
    const auto host = url.host.substr(0, url.host.find('%'));
    const auto bracketed = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return url.port == 80 ? bracketed : fmt::format("{}:{}", bracketed, url.port);
}

std::string head_of(const Url& url, const ClientRequest& request) {
    auto head = fmt::format(
        "{} {}{} HTTP/1.1\r\nHost: {}\r\n",
        request.method,
        url.prefix,
        request.path,
        host_field(url)
    );
    for (const auto& [name, value] : request.fields) {
        head += fmt::format("{}: {}\r\n", name, value);
    }
    if (request.range) {
        const auto [first, length] = *request.range;
        head += fmt::format("Range: bytes={}-{}\r\n", first, first + length - 1);
    }
    if (!request.body.empty() || request.method == "POST") {
        head += fmt::format("Content-Length: {}\r\n", request.body.size());
    }
    return head + "\r\n";
}

/// A part of a resource must be the part that was asked for.
void check_part(const ClientRequest& request, const ClientResponse& response) {
    if (response.status != 206) {
        return;
    }
    const auto field = response.fields.find("Content-Range");
    const auto part =
        field == response.fields.end() ? std::nullopt : parse_content_range(field->second);
    const bool as_asked = part && request.range && part->first == request.range->first &&
                          part->length <= request.range->length &&
                          (!response.length || *response.length == part->length);
    if (!as_asked) {
        throw Error(Fault::corrupt, "the server sent another range than was asked for");
    }
}

Fault fault_of(int status) {
    if (status == 404) {
        return Fault::not_found;
    }
    return status >= 500 ? Fault::unavailable : Fault::refused;
}

} // namespace

struct Client::State {
    Url url;
    ClientOptions options;
    Wire wire;
    Input input{input_limit_bytes};
    bool answered = false; // on this connection

    /// What one attempt came to; nothing if the connection was lost before a byte of the response.
    using Outcome = std::optional<ClientResponse>;

    ClientResponse exchange(const ClientRequest& request, const OnHead& on_head);
    [[noreturn]] void fail(std::string_view reason) const;
    void open();
    Outcome attempt(const ClientRequest& request, const OnHead& on_head);
    bool receive();
    bool read_head(ResponseReader& reader);
    void read_body(ResponseReader& reader);
};

void Client::State::open() {
    wire = Wire();
    input.release();
    answered = false;
    if (url.scheme == Scheme::http) {
        wire = Wire::connect(url.text(), resolve(url.host, url.port), options.connect_timeout);
        return;
    }
    if (!options.program) {
        throw Error(Fault::usage, fmt::format("{} cannot be reached from here", url.text()));
    }
    wire = Wire::run(url.text(), options.program(url));
}

ClientResponse Client::State::exchange(const ClientRequest& request, const OnHead& on_head) {
    try {
        if (wire.is_open() && !wire.is_stale()) {
            if (auto response = attempt(request, on_head)) {
                return std::move(*response);
            }
        }
        open();
        if (auto response = attempt(request, on_head)) {
            return std::move(*response);
        }
        const auto words = wire.last_words();
        fail(words.empty() ? "the server closed the connection without an answer" : words);
    } catch (...) {
        // What is left on this connection belongs to an exchange that nobody will finish.
        wire = Wire();
        throw;
    }
}

void Client::State::fail(std::string_view reason) const {
    throw Error(Fault::unavailable, fmt::format("{}: {}", url.text(), reason));
}

/// False at the end of the connection.
bool Client::State::receive() {
    const auto room = input.room();
    if (room.empty()) {
        throw Error(Fault::corrupt, "the answer is not HTTP: a line is too long");
    }
    const auto waits_for_person = !answered && url.scheme != Scheme::http;
    const auto count =
        wire.receive(room, waits_for_person ? options.program_timeout : options.stall_timeout);
    answered = true;
    input.commit(count);
    return count > 0;
}

/// False if the connection was lost before the first byte.
bool Client::State::read_head(ResponseReader& reader) {
    if (input.empty() && !receive()) {
        return false;
    }
    const auto deadline = Clock::now() + options.stall_timeout;
    for (;;) {
        const auto used = reader.feed(input.view());
        input.consume(used);
        if (reader.has_head()) {
            return true;
        }
        if (used == 0 && !receive()) {
            fail("the server closed the connection within its answer");
        }
        if (Clock::now() > deadline) {
            fail("the head of the answer does not end");
        }
    }
}

void Client::State::read_body(ResponseReader& reader) {
    while (!reader.is_done()) {
        const auto used = reader.feed(input.view());
        input.consume(used);
        if (used > 0 || reader.is_done()) {
            continue;
        }
        if (!receive()) {
            if (!reader.feed_end()) {
                fail("the server closed the connection within the body");
            }
            return;
        }
    }
}

Client::State::Outcome Client::State::attempt(const ClientRequest& request, const OnHead& on_head) {
    const auto head = head_of(url, request);
    const auto sent = wire.send(as_bytes(head), request.body, options.stall_timeout);
    const auto rule = request.method == "HEAD" ? ResponseReader::BodyRule::none
                                               : ResponseReader::BodyRule::as_announced;
    for (int interim = 0; interim < interim_limit; ++interim) {
        ResponseReader reader(rule, header_limit_bytes);
        if (!read_head(reader)) {
            if (interim > 0) {
                break;
            }
            return std::nullopt;
        }
        if (reader.head().status / 100 == 1) {
            continue;
        }
        ClientResponse response{
            reader.head().status, std::move(reader.head().fields), reader.head().length};
        check_part(request, response);
        reader.deliver_to(on_head ? on_head(response) : OnBody());
        read_body(reader);
        if (sent != Wire::Sent::all || !reader.keep_alive() || !input.empty()) {
            wire = Wire();
        }
        return response;
    }
    fail("the server did not answer the request");
}

Client::Client(Url url, ClientOptions options) : state_(std::make_unique<State>()) {
    state_->url = std::move(url);
    state_->options = options;
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

ClientResponse Client::exchange(const ClientRequest& request, const OnHead& on_head) {
    auto& state = *state_;
    check_request(request);
    const During asking([&] {
        return fmt::format("asking {}{}", state.url.text(), printable(request.path));
    });
    return state.exchange(request, on_head);
}

ClientResponse Client::send(const ClientRequest& request, const OnBody& on_body) {
    return exchange(request, [&](const ClientResponse&) { return on_body; });
}

namespace {

/// Throws what a status other than 200 and 206 means, with the server's own words for it.
[[noreturn]] void
throw_status(const Url& url, const ClientRequest& request, int status, ConstBytes text) {
    auto message = fmt::format("{}{}: status {}", url.text(), printable(request.path), status);
    const auto words = trimmed(as_text(text.first(std::min(text.size(), shown_text_bytes))));
    if (!words.empty()) {
        message += fmt::format(" ({})", printable(words.substr(0, words.find('\n'))));
    }
    throw Error(fault_of(status), std::move(message));
}

/// Takes a body that must not exceed a limit; of a whole that came for a range, the range.
class Collector {
public:
    Collector(const ClientRequest& request, const ClientResponse& head, std::uint64_t limit_bytes)
        : limit_bytes_(limit_bytes) {
        if (request.range && head.status == 200) {
            skip_ = request.range->first;
            keep_ = request.range->length;
        } else if (head.length.value_or(0) > limit_bytes) {
            throw_too_long();
        }
    }

    void take(ConstBytes piece, Buffer& body) {
        const auto skipped = std::min<std::uint64_t>(skip_, piece.size());
        skip_ -= skipped;
        piece = piece.subspan(static_cast<std::size_t>(skipped));
        piece = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(keep_, piece.size())));
        keep_ -= piece.size();
        if (piece.size() > limit_bytes_ - body.size()) {
            throw_too_long();
        }
        body.insert(body.end(), piece.begin(), piece.end());
    }

private:
    [[noreturn]] void throw_too_long() const {
        throw Error(Fault::corrupt, fmt::format("the answer exceeds {} bytes", limit_bytes_));
    }

    std::uint64_t limit_bytes_;
    std::uint64_t skip_ = 0;
    std::uint64_t keep_ = std::numeric_limits<std::uint64_t>::max();
};

} // namespace

Buffer Client::fetch(const ClientRequest& request, std::uint64_t limit_bytes) {
    Buffer body;
    const auto on_head = [&](const ClientResponse& head) -> OnBody {
        if (head.status != 200 && head.status != 206) {
            return [&](ConstBytes piece) {
                if (body.size() + piece.size() > error_text_limit_bytes) {
                    throw_status(url(), request, head.status, body);
                }
                body.insert(body.end(), piece.begin(), piece.end());
            };
        }
        Collector collector(request, head, limit_bytes);
        return [&body, collector](ConstBytes piece) mutable { collector.take(piece, body); };
    };
    const auto response = exchange(request, on_head);
    if (response.status != 200 && response.status != 206) {
        throw_status(url(), request, response.status, body);
    }
    return body;
}

const Url& Client::url() const {
    return state_->url;
}

} // namespace slipway::net
