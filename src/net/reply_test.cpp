#include "net/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Response ten_bytes() {
    auto response = text_response(200, "0123456789");
    response.etag = "abc";
    return response;
}

Reply plan(const Request& request, const Response& response, Protocol protocol = {}) {
    return plan_reply(request, protocol, response, 784111777);
}

Request get(Fields fields = {}) {
    Request request;
    request.method = "GET";
    request.fields = std::move(fields);
    return request;
}

TEST(Reply, IsWrittenAsTheStandardSays) {
    const auto reply = plan(get(), ten_bytes());
    EXPECT_EQ(
        reply.head,
        "HTTP/1.1 200 OK\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "ETag: \"abc\"\r\n"
        "Cache-Control: no-cache\r\n"
        "Accept-Ranges: bytes\r\n"
        "Content-Length: 10\r\n"
        "\r\n"
    );
    EXPECT_TRUE(reply.has_body);
    EXPECT_TRUE(reply.keep_alive);
}

TEST(Reply, ImmutableResourcesAreCachedForEver) {
    auto response = ten_bytes();
    response.immutable = true;
    const std::string forever = "Cache-Control: public, max-age=31536000, immutable\r\n";
    EXPECT_THAT(plan(get(), response).head, HasSubstr(forever));
    EXPECT_THAT(plan(get({{"Range", "bytes=0-1"}}), response).head, HasSubstr(forever));
    EXPECT_THAT(plan(get({{"If-None-Match", "\"abc\""}}), response).head, HasSubstr(forever));
    EXPECT_THAT(plan(get({{"Range", "bytes=10-"}}), response).head, Not(HasSubstr(forever)));
}

TEST(Reply, CutsARangeOut) {
    const auto reply = plan(get({{"range", "bytes=2-4"}}), ten_bytes());
    EXPECT_EQ(reply.status, 206);
    EXPECT_EQ(reply.offset, 2U);
    EXPECT_EQ(reply.length, 3U);
    EXPECT_THAT(reply.head, HasSubstr("Content-Range: bytes 2-4/10\r\n"));
    EXPECT_THAT(reply.head, HasSubstr("Content-Length: 3\r\n"));
}

TEST(Reply, NamesTheSizeIfARangeLiesOutside) {
    const auto reply = plan(get({{"Range", "bytes=10-"}}), ten_bytes());
    EXPECT_EQ(reply.status, 416);
    EXPECT_FALSE(reply.has_body);
    EXPECT_THAT(reply.head, HasSubstr("Content-Range: bytes */10\r\n"));
    EXPECT_THAT(reply.head, HasSubstr("Content-Length: 0\r\n"));
}

TEST(Reply, IgnoresSeveralRanges) {
    EXPECT_EQ(plan(get({{"Range", "bytes=0-1,4-5"}}), ten_bytes()).status, 200);
}

TEST(Reply, AppliesARangeOnlyIfItIsOfTheSameVersion) {
    const auto status = [](const std::string& if_range) {
        return plan(get({{"Range", "bytes=0-1"}, {"If-Range", if_range}}), ten_bytes()).status;
    };
    EXPECT_EQ(status("\"abc\""), 206);
    EXPECT_EQ(status("\"abd\""), 200);
    EXPECT_EQ(status("W/\"abc\""), 200);
    EXPECT_EQ(status("Sun, 06 Nov 1994 08:49:37 GMT"), 200);
}

TEST(Reply, SaysNotModifiedBeforeItLooksAtARange) {
    const auto reply =
        plan(get({{"Range", "bytes=0-1"}, {"If-None-Match", "\"abc\""}}), ten_bytes());
    EXPECT_EQ(reply.status, 304);
    EXPECT_FALSE(reply.has_body);
    EXPECT_THAT(reply.head, HasSubstr("ETag: \"abc\"\r\n"));
    EXPECT_THAT(reply.head, Not(HasSubstr("Content-Length")));
}

TEST(Reply, ToHeadHasTheLengthButNoBody) {
    auto request = get({{"Range", "bytes=0-1"}});
    request.method = "HEAD";
    const auto reply = plan(request, ten_bytes());
    EXPECT_EQ(reply.status, 200);
    EXPECT_FALSE(reply.has_body);
    EXPECT_THAT(reply.head, HasSubstr("Content-Length: 10\r\n"));
}

TEST(Reply, OfUnknownLengthIsChunkedOrEndsTheConnection) {
    MemorySource source({});
    Response response;
    response.body = StreamBody{std::shared_ptr<Source>(std::shared_ptr<Source>(), &source), {}};
    const auto modern = plan(get({{"Range", "bytes=0-1"}}), response);
    EXPECT_EQ(modern.status, 200);
    EXPECT_TRUE(modern.chunked);
    EXPECT_THAT(modern.head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(modern.head, Not(HasSubstr("Accept-Ranges")));

    const auto old = plan(get(), response, {.http_1_1 = false, .keep_alive = true});
    EXPECT_FALSE(old.chunked);
    EXPECT_FALSE(old.keep_alive);
    EXPECT_THAT(old.head, HasSubstr("Connection: close\r\n"));
}

TEST(Reply, TellsOldClientsThatTheConnectionStays) {
    const auto reply = plan(get(), ten_bytes(), {.http_1_1 = false, .keep_alive = true});
    EXPECT_THAT(reply.head, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(reply.head, HasSubstr("Connection: keep-alive\r\n"));
}

TEST(Reply, RefusesFieldsThatWouldBreakTheHead) {
    auto response = ten_bytes();
    check_response(response);
    response.fields["X"] = "a\r\nSet-Cookie: b";
    EXPECT_THROW(check_response(response), Error);
    response.fields = {{"a b", "c"}};
    EXPECT_THROW(check_response(response), Error);
    response.fields.clear();
    response.etag = "a\"b";
    EXPECT_THROW(check_response(response), Error);
}

} // namespace
} // namespace slipway::net
