// What the server sends: files, large buffers, streams, to many clients at once.
#include <cstdlib>
#include <latch>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/guarded.h"
#include "net/client.h"
#include "net/server.h"
#include "net/test_peer.h"

namespace slipway::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t big_size = 20U << 20U;

/// Bytes of which every range looks different.
Buffer pattern(std::size_t size) {
    Buffer bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>((i * 2654435761U) >> 13U);
    }
    return bytes;
}

/// Gives pieces of 1000 bytes and throws at `fails_at`.
class NumberedSource final : public Source {
public:
    NumberedSource(std::size_t size, std::size_t fails_at) : size_(size), fails_at_(fails_at) {}

    std::size_t read(Bytes buffer) override {
        if (position_ >= fails_at_) {
            throw Error(Fault::unavailable, "the disk is gone");
        }
        const auto count = std::min({buffer.size(), std::size_t{1000}, size_ - position_});
        for (std::size_t i = 0; i < count; ++i) {
            buffer[i] = static_cast<std::byte>('0' + (position_ + i) % 10);
        }
        position_ += count;
        return count;
    }

private:
    std::size_t size_;
    std::size_t fails_at_;
    std::size_t position_ = 0;
};

class ServerBody : public testing::Test {
protected:
    ServerBody() : bytes(pattern(big_size)) {
        replace_file(directory.path() / "big", bytes);
        file = std::make_shared<const FileBlob>(directory.path() / "big");
        buffer = std::make_shared<const Buffer>(bytes);
    }

    ServerOptions options() {
        ServerOptions options;
        options.port = 0;
        options.threads = 4;
        options.log = [this](const Access& access) { accesses.lock()->push_back(access); };
        return options;
    }

    Response answer(const Request& request) const {
        Response response;
        response.etag = "v1";
        if (request.path == "/file") {
            response.body = FileBody{file};
        } else if (request.path == "/slice") {
            response.body = FileBody{file, 1000, 5000};
        } else if (request.path == "/buffer") {
            response.body = buffer;
        } else if (request.path == "/stream") {
            response.body = StreamBody{std::make_shared<NumberedSource>(25'000, SIZE_MAX), {}};
        } else if (request.path == "/sized-stream") {
            response.body = StreamBody{std::make_shared<NumberedSource>(25'000, SIZE_MAX), 25'000};
        } else if (request.path == "/broken-stream") {
            response.body = StreamBody{std::make_shared<NumberedSource>(25'000, 5000), {}};
        } else {
            throw Error(Fault::not_found, "nothing here");
        }
        return response;
    }

    Handler handler() {
        return [this](const Request& request) { return answer(request); };
    }

    static Client client_of(const Server& server) {
        return Client(Url{.host = "127.0.0.1", .port = server.port(), .prefix = ""});
    }

    TemporaryDirectory directory;
    Buffer bytes;
    std::shared_ptr<const FileBlob> file;
    std::shared_ptr<const Buffer> buffer;
    Guarded<std::vector<Access>> accesses;
};

TEST_F(ServerBody, SendsBigFilesAndBuffersWhole) {
    Server server(options(), handler());
    auto client = client_of(server);
    EXPECT_EQ(client.fetch({.path = "/file"}, big_size), bytes);
    EXPECT_EQ(client.fetch({.path = "/buffer"}, big_size), bytes);
}

TEST_F(ServerBody, SendsRangesOfThem) {
    Server server(options(), handler());
    auto client = client_of(server);
    for (const auto* path : {"/file", "/buffer"}) {
        for (const ByteRange range :
             {ByteRange{0, 1}, {12'345, 3'000'000}, {big_size - 7, 7}, {5, big_size}}) {
            const auto part = client.fetch({.path = path, .range = range}, big_size);
            const auto length = std::min<std::uint64_t>(range.length, big_size - range.first);
            const auto expected = ConstBytes(bytes).subspan(range.first, length);
            EXPECT_TRUE(std::ranges::equal(part, expected)) << path << ' ' << range.first;
        }
    }
}

TEST_F(ServerBody, TreatsASliceOfAFileAsAResource) {
    Server server(options(), handler());
    auto client = client_of(server);
    const auto slice = ConstBytes(bytes).subspan(1000, 5000);
    EXPECT_EQ(client.fetch({.path = "/slice"}, big_size), to_buffer(slice));
    EXPECT_EQ(
        client.fetch({.path = "/slice", .range = ByteRange{4990, 100}}, big_size),
        to_buffer(slice.last(10))
    );
}

TEST_F(ServerBody, SaysNotModified) {
    Server server(options(), handler());
    auto client = client_of(server);
    const auto response =
        client.send({.path = "/file", .fields = {{"If-None-Match", "\"v1\""}}}, {});
    EXPECT_EQ(response.status, 304);
}

TEST_F(ServerBody, SendsStreamsInChunksOrByLength) {
    Server server(options(), handler());
    auto client = client_of(server);
    const auto chunked = client.fetch({.path = "/stream"}, big_size);
    EXPECT_EQ(chunked.size(), 25'000U);
    EXPECT_EQ(as_text(chunked).substr(24'990), "0123456789");
    EXPECT_EQ(client.fetch({.path = "/sized-stream"}, big_size), chunked);
    EXPECT_THAT(ask(server.port(), "GET /stream HTTP/1.0\r\n\r\n"), EndsWith(as_text(chunked)));
    EXPECT_THAT(
        ask(server.port(), "HEAD /sized-stream HTTP/1.0\r\n\r\n"),
        HasSubstr("Content-Length: 25000\r\n")
    );
}

TEST_F(ServerBody, CutsAStreamThatBreaks) {
    Server server(options(), handler());
    auto client = client_of(server);
    try {
        client.fetch({.path = "/broken-stream"}, big_size);
        FAIL() << "half a stream was taken for a whole";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
    }
}

TEST_F(ServerBody, CutsAFileThatHasBecomeShorter) {
    Server server(options(), handler());
    auto client = client_of(server);
    std::filesystem::resize_file(directory.path() / "big", big_size / 2);
    EXPECT_THROW(client.fetch({.path = "/file"}, big_size), Error);
}

TEST_F(ServerBody, GivesUpOnAClientThatTakesNothing) {
    auto impatient = options();
    impatient.stall_timeout = milliseconds(100);
    Server server(impatient, handler());
    for (const std::string path : {"/file", "/buffer"}) {
        TestPeer peer(server.port());
        peer.send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        while (accesses.lock()->empty()) {
            std::this_thread::sleep_for(milliseconds(5));
        }
        EXPECT_LT(accesses.lock()->front().bytes, big_size);
        accesses.lock()->clear();
    }
}

TEST_F(ServerBody, ServesTwoHundredClientsAtOnce) {
    Server server(options(), handler());
    constexpr int clients = 200;
    std::latch all_connected(clients);
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < clients; ++i) {
            threads.emplace_back([&, i] {
                auto client = client_of(server);
                const auto first = static_cast<std::uint64_t>(i) * 1000;
                for (int round = 0; round < 5; ++round) {
                    const auto part =
                        client.fetch({.path = "/file", .range = ByteRange{first, 70'000}}, 70'000);
                    right +=
                        std::ranges::equal(part, ConstBytes(bytes).subspan(first, 70'000)) ? 1 : 0;
                    if (round == 0) {
                        all_connected.arrive_and_wait();
                    }
                }
            });
        }
    }
    EXPECT_EQ(right, clients * 5);
}

TEST_F(ServerBody, StopsUnderADownloadAfterItsGrace) {
    auto hasty = options();
    hasty.shutdown_grace = milliseconds(50);
    Server server(hasty, handler());
    TestPeer peer(server.port());
    peer.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    auto taken = peer.receive_until("\r\n\r\n").size();
    server.stop(); // returns although the client holds on
    taken += peer.receive_all().size();
    EXPECT_LT(taken, big_size);
}

TEST_F(ServerBody, LetsADownloadFinishWithinTheGrace) {
    Server server(options(), handler());
    TestPeer peer(server.port());
    peer.send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    auto taken = peer.receive_until("\r\n\r\n");
    std::thread stopper([&] { server.stop(); });
    taken += peer.receive_all();
    stopper.join();
    EXPECT_EQ(body_of(taken), as_text(bytes));
}

/// What curl prints for these arguments; it is another's idea of HTTP.
std::string curl(const std::string& arguments) {
    const auto command = "curl -sS --noproxy '*' --max-time 60 " + arguments + " 2>&1";
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) {
        output.append(buffer.data(), count);
    }
    return output;
}

TEST_F(ServerBody, AgreesWithCurl) {
    if (std::system("command -v curl >/dev/null") != 0) {
        GTEST_SKIP() << "curl is not installed";
    }
    Server server(options(), handler());
    const auto url = fmt::format("http://127.0.0.1:{}", server.port());
    const auto whole = std::string(as_text(bytes));
    EXPECT_EQ(curl(url + "/file"), whole);
    EXPECT_EQ(curl("--http1.0 " + url + "/file"), whole);
    EXPECT_EQ(curl("-r 100-199 " + url + "/file"), whole.substr(100, 100));
    EXPECT_EQ(curl("-r -50 " + url + "/buffer"), whole.substr(big_size - 50));
    EXPECT_EQ(
        curl(fmt::format("-r {}- -o /dev/null -w '%{{http_code}}' {}/file", big_size, url)), "416"
    );
    EXPECT_THAT(
        curl("-I " + url + "/file"), HasSubstr(fmt::format("Content-Length: {}\r\n", big_size))
    );
    EXPECT_EQ(curl("--path-as-is -o /dev/null -w '%{http_code}' " + url + "/../etc/passwd"), "400");
    EXPECT_EQ(
        curl("-o /dev/null -w '%{http_code}' -H 'If-None-Match: \"v1\"' " + url + "/file"), "304"
    );
    EXPECT_EQ(curl(url + "/stream").size(), 25'000U);
    EXPECT_EQ(curl("--http1.0 " + url + "/stream").size(), 25'000U);
    EXPECT_THAT(curl(url + "/broken-stream -o /dev/null"), StartsWith("curl: (18)"));
    EXPECT_EQ(
        curl("-o /dev/null -o /dev/null -w '%{num_connects} ' " + url + "/slice " + url + "/slice"),
        "1 0 "
    );
}

} // namespace
} // namespace slipway::net
