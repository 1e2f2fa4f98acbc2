#include "net/message_reader.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::net {
namespace {

struct Outcome {
    RequestHead head;
    std::string body;
    std::optional<int> refusal;
    bool done = false;
    std::size_t used = 0;
};

/// Feeds `step` more bytes at a time.
Outcome read_request(const std::string& text, std::size_t step = std::string::npos) {
    Outcome outcome;
    RequestReader reader({.header_bytes = 512, .body_bytes = 20}, [&](ConstBytes piece) {
        outcome.body += as_text(piece);
        return true;
    });
    auto end = std::min(step, text.size());
    while (!reader.is_done() && !reader.refusal()) {
        const auto used = reader.feed(as_bytes(text).subspan(outcome.used, end - outcome.used));
        outcome.used += used;
        if (used == 0) {
            if (end == text.size()) {
                break;
            }
            end += std::min(step, text.size() - end);
        }
    }
    outcome.head = reader.head();
    outcome.refusal = reader.refusal();
    outcome.done = reader.is_done();
    return outcome;
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesArrive) {
    const std::string text =
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nA: 1\r\na: 2\r\n\r\n"
        "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: trailer\r\n\r\nGET ";
    for (const std::size_t step : {1U, 2U, 7U, 1000U}) {
        const auto outcome = read_request(text, step);
        EXPECT_TRUE(outcome.done) << step;
        EXPECT_EQ(outcome.body, "abcde");
        EXPECT_EQ(outcome.head.method, "POST");
        EXPECT_EQ(outcome.head.fields.at("a"), "1, 2");
        EXPECT_EQ(outcome.used, text.size() - 4);
    }
}

TEST(RequestReader, ReadsAnEmptyChunkedBodyByteByByte) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_TRUE(read_request(head + "0\r\n\r\n", 1).done);
}

TEST(RequestReader, SkipsAnEmptyLineBeforeTheRequest) {
    const std::string text = "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_TRUE(read_request(text).done);
    EXPECT_TRUE(read_request(text, 1).done);
}

TEST(RequestReader, KnowsWhoKeepsTheConnection) {
    EXPECT_TRUE(read_request("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head.keep_alive);
    EXPECT_FALSE(
        read_request("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").head.keep_alive
    );
    EXPECT_FALSE(read_request("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
    EXPECT_TRUE(read_request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
}

TEST(RequestReader, RefusesWithTheRightStatus) {
    const std::string host = " HTTP/1.1\r\nHost: h\r\n";
    const auto refusal = [](const std::string& text) {
        return read_request(text).refusal.value_or(0);
    };
    EXPECT_EQ(refusal("hello\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET / HTTP/2.0\r\n\r\n"), 505);
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET /" + host + "Host: i\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET /" + host + "A : b\r\n\r\n"), 400);
    EXPECT_EQ(refusal("GET /" + host + "A: " + std::string(600, 'x') + "\r\n\r\n"), 431);
    EXPECT_EQ(refusal("GET /" + std::string(600, 'x') + host + "\r\n"), 431);
    EXPECT_EQ(refusal("POST /" + host + "Content-Length: 21\r\n\r\n"), 413);
    EXPECT_EQ(refusal("POST /" + host + "Content-Length: -1\r\n\r\n"), 400);
    EXPECT_EQ(refusal("POST /" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    EXPECT_EQ(
        refusal("POST /" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400
    );
    EXPECT_EQ(
        refusal("POST /" + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400
    );
    EXPECT_EQ(refusal("POST /" + host + "Transfer-Encoding: gzip\r\n\r\n"), 501);
    EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(refusal("POST /" + host + "Transfer-Encoding: chunked\r\n\r\n15\r\n"), 413);
    EXPECT_EQ(refusal("POST /" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400);
    EXPECT_EQ(refusal("POST /" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"), 400);
}

TEST(RequestReader, AsksItsOwnerForRoom) {
    RequestReader reader({}, [](ConstBytes) { return false; });
    const std::string text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
    EXPECT_EQ(reader.feed(as_bytes(text)), text.size());
    reader.feed(as_bytes("x"));
    EXPECT_EQ(reader.refusal(), 503);
}

TEST(ResponseReader, RefusesWhatIsNotHttp) {
    for (const auto* text :
         {"hello\r\n\r\n",
          "HTTP/1.1 2x0 OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
          "HTTP/3.0 200 OK\r\n\r\n"}) {
        ResponseReader reader(ResponseReader::BodyRule::as_announced, 1024);
        EXPECT_THROW(reader.feed(as_bytes(text)), Error) << text;
    }
}

} // namespace
} // namespace slipway::net
