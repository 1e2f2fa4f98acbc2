// uses: net base
// Requests and responses read the same whole and byte by byte, within their limits.
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "net/message_reader.h"

namespace {

using namespace slipway;
using namespace slipway::net;

struct Outcome {
    std::string body;
    bool done = false;
    std::optional<int> refusal;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Feeds more bytes at a time until the reader has enough or there are none left.
template <typename Reader, typename Finished>
void feed(Reader& reader, ConstBytes bytes, std::size_t step, Finished finished) {
    std::size_t end = std::min(step, bytes.size());
    for (std::size_t begin = 0; !finished();) {
        const auto used = reader.feed(bytes.subspan(begin, end - begin));
        begin += used;
        if (used == 0) {
            if (end == bytes.size()) {
                return;
            }
            end += std::min(step, bytes.size() - end);
        }
    }
}

Outcome read_request(ConstBytes bytes, std::size_t step) {
    Outcome outcome;
    RequestReader reader({.header_bytes = 4096, .body_bytes = 4096}, [&](ConstBytes piece) {
        outcome.body += as_text(piece);
        return true;
    });
    feed(reader, bytes, step, [&] { return reader.is_done() || reader.refusal(); });
    outcome.done = reader.is_done() && !reader.refusal();
    outcome.refusal = reader.refusal();
    return outcome;
}

void read_response(ConstBytes bytes) {
    ResponseReader reader(ResponseReader::BodyRule::as_announced, 4096);
    try {
        feed(reader, bytes, bytes.size(), [&] { return reader.is_done(); });
        reader.feed_end();
    } catch (const Error&) {
        // What is not HTTP is refused so.
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto whole = read_request(bytes, size);
    if (whole.body.size() > 4096 || (whole.done && whole != read_request(bytes, 1))) {
        std::abort();
    }
    read_response(bytes);
    return 0;
}
