#include "net/server.h"

#include <filesystem>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/guarded.h"
#include "net/test_peer.h"

namespace slipway::net {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string host = "Host: h\r\n";
const std::string closing = host + "Connection: close\r\n";

ServerOptions any_port() {
    ServerOptions options;
    options.port = 0;
    options.threads = 4;
    return options;
}

/// Says what it was asked.
Response echo(const Request& request) {
    return text_response(
        200, request.method + ' ' + request.path + ' ' + std::string(as_text(request.body)) + '\n'
    );
}

TEST(Server, AnswersSeveralRequestsOnOneConnection) {
    Server server(any_port(), echo);
    TestPeer peer(server.port());
    for (int i = 0; i < 3; ++i) {
        peer.send("GET /a HTTP/1.1\r\n" + host + "\r\n");
        EXPECT_THAT(peer.receive_until("GET /a \n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    Server server(any_port(), echo);
    std::string requests;
    std::string expected;
    for (int i = 0; i < 50; ++i) {
        const auto path = "/" + std::to_string(i);
        requests += "POST " + path + " HTTP/1.1\r\n" + host + "Content-Length: 3\r\n\r\nabc";
        expected += "POST " + path + " abc\n";
    }
    requests += "GET /last HTTP/1.1\r\n" + closing + "\r\n";
    expected += "GET /last \n";
    auto answer = ask(server.port(), requests);
    std::string bodies;
    for (auto end = answer.find("\r\n\r\n"); end != std::string::npos;
         end = answer.find("\r\n\r\n")) {
        answer.erase(0, end + 4);
        bodies += answer.substr(0, answer.find('\n') + 1);
    }
    EXPECT_EQ(bodies, expected);
}

TEST(Server, AnswersHeadWithTheLengthAndNothingMore) {
    Server server(any_port(), echo);
    const auto answer = ask(server.port(), "HEAD /a HTTP/1.1\r\n" + closing + "\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
    EXPECT_EQ(body_of(answer), "");
}

TEST(Server, ClosesBehindAnOldClientsRequest) {
    Server server(any_port(), echo);
    const auto answer = ask(server.port(), "GET /boot.ipxe HTTP/1.0\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: 16\r\n"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(body_of(answer), "GET /boot.ipxe \n");
}

TEST(Server, KeepsAnOldClientsConnectionIfAskedTo) {
    Server server(any_port(), echo);
    TestPeer peer(server.port());
    for (int i = 0; i < 2; ++i) {
        peer.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_THAT(peer.receive_until("GET /a \n"), HasSubstr("Connection: keep-alive\r\n"));
    }
}

TEST(Server, RefusesOtherMethodsAndNamesItsOwn) {
    Server server(any_port(), echo);
    for (const auto* method : {"PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"}) {
        const auto answer =
            ask(server.port(), std::string(method) + " /a HTTP/1.1\r\n" + host + "\r\n");
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
        EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST\r\n"));
    }
}

TEST(Server, RefusesEveryWayOutOfThePath) {
    Server server(any_port(), echo);
    for (const auto* path :
         {"/../etc/passwd", "/a/%2e%2e/b", "/a%00b", "/a\\b", "/a//b", "/%2e%2e%2fetc"}) {
        const auto answer =
            ask(server.port(), std::string("GET ") + path + " HTTP/1.1\r\n" + host + "\r\n");
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << path;
    }
}

TEST(Server, TakesAbsoluteTargets) {
    Server server(any_port(), echo);
    const auto answer = ask(server.port(), "GET http://h:1/x HTTP/1.1\r\n" + closing + "\r\n");
    EXPECT_EQ(body_of(answer), "GET /x \n");
}

TEST(Server, RefusesAHeadThatIsTooLong) {
    Server server(any_port(), echo);
    std::string request = "GET / HTTP/1.1\r\n" + host;
    for (int i = 0; i < 2000; ++i) {
        request += "X-" + std::to_string(i) + ": " + std::string(100, 'x') + "\r\n";
    }
    EXPECT_THAT(ask(server.port(), request + "\r\n"), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(
        ask(server.port(), "GET /" + std::string(100'000, 'x')), StartsWith("HTTP/1.1 431 ")
    );
}

TEST(Server, RefusesABodyThatIsTooLongHoweverItIsSent) {
    auto options = any_port();
    options.body_limit_bytes = 1000;
    Server server(options, echo);
    const std::string post = "POST / HTTP/1.1\r\n" + host;
    const std::string body(500'000, 'x');
    EXPECT_THAT(
        ask(server.port(), post + "Content-Length: 500000\r\n\r\n" + body),
        StartsWith("HTTP/1.1 413 ")
    );
    EXPECT_THAT(
        ask(server.port(), post + "Transfer-Encoding: chunked\r\n\r\n7a120\r\n" + body),
        StartsWith("HTTP/1.1 413 ")
    );
    EXPECT_THAT(
        ask(server.port(), post + "Content-Length: 500000\r\nExpect: 100-continue\r\n\r\n"),
        StartsWith("HTTP/1.1 413 ")
    );
}

TEST(Server, HoldsNoMoreBodiesThanItHasRoomFor) {
    auto options = any_port();
    options.all_bodies_limit_bytes = 1000;
    Server server(options, echo);
    const std::string body(1001, 'x');
    const std::string post = "POST / HTTP/1.1\r\n" + closing;
    EXPECT_THAT(
        ask(server.port(), post + "Content-Length: 1001\r\n\r\n" + body),
        StartsWith("HTTP/1.1 503 ")
    );
    EXPECT_THAT(
        ask(server.port(), post + "Content-Length: 3\r\n\r\nabc"), EndsWith("POST / abc\n")
    );
}

TEST(Server, TakesChunkedBodies) {
    Server server(any_port(), echo);
    const auto answer =
        ask(server.port(),
            "POST /a HTTP/1.1\r\n" + closing +
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    EXPECT_EQ(body_of(answer), "POST /a abcd\n");
}

TEST(Server, SaysGoOnToWhoAsksFirst) {
    Server server(any_port(), echo);
    TestPeer peer(server.port());
    peer.send(
        "POST /a HTTP/1.1\r\n" + closing + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    );
    EXPECT_EQ(peer.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("abc");
    EXPECT_EQ(body_of(peer.receive_all()), "POST /a abc\n");
}

TEST(Server, RefusesExpectationsItDoesNotKnow) {
    Server server(any_port(), echo);
    EXPECT_THAT(
        ask(server.port(), "GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n"),
        StartsWith("HTTP/1.1 417 ")
    );
}

TEST(Server, AnswersAClientThatHasNothingMoreToSay) {
    // The client's half of the connection is closed before the answer.
    Server server(any_port(), [](const Request& request) {
        std::this_thread::sleep_for(milliseconds(20));
        return echo(request);
    });
    const auto socket = FileDescriptor(::socket(AF_INET, SOCK_STREAM, 0));
    const auto address = resolve("127.0.0.1", server.port()).front();
    ASSERT_EQ(connect(socket.get(), address.get(), address.length), 0);
    write_all(socket.get(), as_bytes("GET /half HTTP/1.1\r\n" + host + "\r\n"), "socket");
    shutdown(socket.get(), SHUT_WR);
    Buffer answer(4096);
    answer.resize(read_some(socket.get(), answer, "socket"));
    EXPECT_THAT(std::string(as_text(answer)), EndsWith("GET /half \n"));
}

TEST(Server, GivesUpOnASlowHead) {
    auto options = any_port();
    options.header_timeout = milliseconds(100);
    Server server(options, echo);
    EXPECT_THAT(ask(server.port(), "GET / HTTP/1.1\r\nX: "), StartsWith("HTTP/1.1 408 "));
    EXPECT_EQ(ask(server.port(), ""), "");
}

TEST(Server, GivesUpOnASlowBody) {
    auto options = any_port();
    options.header_timeout = milliseconds(100);
    Server server(options, echo);
    const auto answer =
        ask(server.port(), "POST / HTTP/1.1\r\n" + host + "Content-Length: 10\r\n\r\nabc");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
}

TEST(Server, GivesUpOnAnIdleConnection) {
    auto options = any_port();
    options.idle_timeout = milliseconds(100);
    Server server(options, echo);
    EXPECT_THAT(ask(server.port(), "GET /a HTTP/1.1\r\n" + host + "\r\n"), EndsWith("GET /a \n"));
}

TEST(Server, TurnsErrorsIntoStatuses) {
    Server server(any_port(), [](const Request& request) -> Response {
        if (request.path == "/none") {
            throw Error(Fault::not_found, "no branch none").hint("see `slipway branches`");
        }
        if (request.path == "/split") {
            auto response = text_response(200, "");
            response.fields["X"] = "a\r\nb";
            return response;
        }
        throw std::runtime_error("a secret");
    });
    const auto get = [&](const std::string& path) {
        return ask(server.port(), "GET " + path + " HTTP/1.1\r\n" + closing + "\r\n");
    };
    const auto none = get("/none");
    EXPECT_THAT(none, StartsWith("HTTP/1.1 404 Not Found\r\n"));
    EXPECT_THAT(none, EndsWith("error: no branch none\n  hint: see `slipway branches`\n"));
    EXPECT_THAT(get("/split"), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(get("/other"), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(get("/other"), Not(HasSubstr("secret")));
}

TEST(Server, LogsEveryRequest) {
    Guarded<std::vector<Access>> accesses;
    auto options = any_port();
    options.log = [&](const Access& access) { accesses.lock()->push_back(access); };
    Server server(options, echo);
    ask(server.port(), "GET /a?b=c HTTP/1.1\r\n" + closing + "\r\n");
    ask(server.port(), "GET /../a HTTP/1.1\r\n" + closing + "\r\n");
    server.stop();
    const auto logged = accesses.lock();
    ASSERT_EQ(logged->size(), 2U);
    EXPECT_EQ(logged->at(0).peer, "127.0.0.1");
    EXPECT_EQ(logged->at(0).method, "GET");
    EXPECT_EQ(logged->at(0).target, "/a?b=c");
    EXPECT_EQ(logged->at(0).status, 200);
    EXPECT_EQ(logged->at(0).bytes, 8U);
    EXPECT_GT(logged->at(0).duration.count(), 0);
    EXPECT_EQ(logged->at(1).status, 400);
}

bool has_ipv6() {
    return std::filesystem::exists("/proc/sys/net/ipv6") &&
           FileDescriptor(socket(AF_INET6, SOCK_STREAM, 0)).is_open();
}

TEST(Server, ListensOnBothFamilies) {
    auto options = any_port();
    options.address = "::";
    Server server(options, [](const Request& request) { return text_response(200, request.peer); });
    EXPECT_THAT(ask(server.port(), "GET / HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\n127.0.0.1"));
    if (has_ipv6()) {
        TestPeer peer(server.port(), "::1");
        peer.send("GET / HTTP/1.0\r\n\r\n");
        EXPECT_THAT(peer.receive_all(), EndsWith("\r\n\r\n::1"));
    }
}

TEST(Server, SaysThatItsPortIsTaken) {
    Server server(any_port(), echo);
    auto options = any_port();
    options.port = server.port();
    try {
        Server second(options, echo);
        FAIL() << "two servers on one port";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
        EXPECT_THAT(error.report(), HasSubstr("hint: another program uses this port"));
    }
}

TEST(Server, MakesRoomForNewConnectionsByClosingIdleOnes) {
    auto options = any_port();
    options.connections = 2;
    Server server(options, echo);
    TestPeer first(server.port());
    first.send("GET /first HTTP/1.1\r\n" + host + "\r\n");
    first.receive_until("GET /first \n");
    TestPeer second(server.port());
    second.send("GET /second HTTP/1.1\r\n" + host + "\r\n");
    second.receive_until("GET /second \n");
    for (int i = 0; i < 5; ++i) {
        EXPECT_THAT(
            ask(server.port(), "GET /a HTTP/1.1\r\n" + closing + "\r\n"), EndsWith("GET /a \n")
        );
    }
    EXPECT_EQ(first.receive_all(), "");
}

TEST(Server, LetsRequestsFinishWhenItStops) {
    std::promise<void> entered;
    std::promise<void> released;
    Server server(any_port(), [&](const Request& request) {
        entered.set_value();
        released.get_future().wait();
        return echo(request);
    });
    TestPeer idle(server.port());
    TestPeer peer(server.port());
    peer.send("GET /a HTTP/1.1\r\n" + host + "\r\n");
    entered.get_future().wait();
    std::thread stopper([&] { server.stop(); });
    EXPECT_EQ(idle.receive_all(), ""); // so the server is stopping
    released.set_value();
    const auto answer = peer.receive_all();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("GET /a \n"));
    stopper.join();
    EXPECT_THROW(TestPeer(server.port()), Error);
}

} // namespace
} // namespace slipway::net
