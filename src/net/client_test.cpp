#include "net/client.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "net/test_peer.h"

namespace slipway::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

Client client_at(std::uint16_t port, ClientOptions options = {}) {
    return Client(Url{.host = "127.0.0.1", .port = port, .prefix = "/p"}, options);
}

/// The Fault with which a fetch from a server that says `text` ends.
std::optional<Fault> fault_for(std::string text, const ClientRequest& request = {.path = "/"}) {
    ScriptedServer server(ScriptedServer::saying(std::move(text)));
    try {
        client_at(server.port()).fetch(request, 1000);
    } catch (const Error& error) {
        EXPECT_THAT(error.report(), HasSubstr("http://127.0.0.1:"));
        return error.fault();
    }
    return std::nullopt;
}

std::string text_at(Client& client, const ClientRequest& request = {.path = "/"}) {
    return std::string(as_text(client.fetch(request, 1000)));
}

TEST(Client, SendsWhatItWasGiven) {
    std::string seen;
    ScriptedServer server([&](int socket, int) {
        seen = ScriptedServer::read_head(socket);
        ScriptedServer::say(
            socket, "HTTP/1.1 206 P\r\nContent-Range: bytes 5-6/9\r\nContent-Length: 2\r\n\r\nab"
        );
    });
    auto client = client_at(server.port());
    const ClientRequest request{
        .path = "/x?y=z", .fields = {{"If-Range", "\"e\""}}, .range = ByteRange{5, 2}};
    EXPECT_EQ(text_at(client, request), "ab");
    EXPECT_EQ(
        seen,
        "GET /p/x?y=z HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
            "\r\nIf-Range: \"e\"\r\nRange: bytes=5-6\r\n\r\n"
    );
}

TEST(Client, RefusesToSendARequestInsideARequest) {
    auto client = client_at(1);
    for (const ClientRequest& request :
         {ClientRequest{.path = "/a b"},
          ClientRequest{.path = "/a\r\nX: y"},
          ClientRequest{.path = "a"},
          ClientRequest{.method = "GET /", .path = "/"},
          ClientRequest{.path = "/", .fields = {{"X", "a\r\nb"}}},
          ClientRequest{.path = "/", .fields = {{"X:", "a"}}},
          ClientRequest{.path = "/", .range = ByteRange{0, 0}},
          ClientRequest{.path = "/", .range = ByteRange{2, UINT64_MAX}}}) {
        try {
            client.send(request, {});
            FAIL() << request.path;
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), Fault::usage);
        }
    }
}

TEST(Client, ShowsTheHeadBeforeTheBody) {
    ScriptedServer server(
        ScriptedServer::saying("HTTP/1.1 404 N\r\nContent-Length: 3\r\nX: y\r\n\r\nabc")
    );
    auto client = client_at(server.port());
    std::string events;
    const auto response = client.exchange({.path = "/"}, [&](const ClientResponse& head) {
        events += std::to_string(head.status) + head.fields.at("x") + std::to_string(*head.length);
        return [&](ConstBytes piece) { events += as_text(piece); };
    });
    EXPECT_EQ(events, "404y3abc");
    EXPECT_EQ(response.status, 404);
}

TEST(Client, ReadsBodiesHoweverTheyEnd) {
    for (const auto* answer :
         {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd",
          "HTTP/1.1 200 OK\r\n\r\nabcd",
          "HTTP/1.0 200 OK\r\n\r\nabcd",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\nT: "
          "u\r\n\r\n",
          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 "
          "OK\r\nContent-Length: 4\r\n\r\nabcd"}) {
        ScriptedServer server(ScriptedServer::saying(answer));
        auto client = client_at(server.port());
        EXPECT_EQ(text_at(client), "abcd") << answer;
    }
}

TEST(Client, ExpectsNoBodyForHead) {
    ScriptedServer server([](int socket, int) {
        for (int i = 0; i < 2; ++i) {
            ScriptedServer::read_head(socket);
            ScriptedServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        }
    });
    auto client = client_at(server.port());
    for (int i = 0; i < 2; ++i) {
        const auto response = client.send({.method = "HEAD", .path = "/"}, {});
        EXPECT_EQ(response.length, 1'000'000U);
    }
}

TEST(Client, TriesOnceMoreIfAKeptConnectionWasStale) {
    ScriptedServer server([](int socket, int connection) {
        ScriptedServer::read_head(socket);
        ScriptedServer::say(
            socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(connection)
        );
        if (connection == 0) {
            ScriptedServer::read_head(socket); // takes the second request and dies of it
        }
    });
    auto client = client_at(server.port());
    EXPECT_EQ(text_at(client), "0");
    EXPECT_EQ(text_at(client), "1");
    EXPECT_EQ(text_at(client), "2");
}

TEST(Client, DoesNotTryAgainOnAFreshConnection) {
    int connections = 0;
    {
        ScriptedServer server([&](int socket, int) {
            ++connections;
            ScriptedServer::read_head(socket);
        });
        auto client = client_at(server.port());
        EXPECT_THROW(text_at(client), Error);
    }
    EXPECT_EQ(connections, 1);
}

TEST(Client, ReconnectsAfterAFailure) {
    ScriptedServer server([](int socket, int connection) {
        ScriptedServer::read_head(socket);
        ScriptedServer::say(
            socket,
            connection == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
                            : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"
        );
    });
    auto client = client_at(server.port());
    EXPECT_THROW(text_at(client), Error);
    EXPECT_EQ(text_at(client), "whole");
}

TEST(Client, DropsTheConnectionIfItsCallerThrows) {
    ScriptedServer server([](int socket, int connection) {
        ScriptedServer::read_head(socket);
        ScriptedServer::say(
            socket, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(connection)
        );
    });
    auto client = client_at(server.port());
    const auto refuse = [](ConstBytes) { throw Error(Fault::corrupt, "not what was asked for"); };
    EXPECT_THROW(client.send({.path = "/"}, refuse), Error);
    EXPECT_EQ(text_at(client), "1");
}

TEST(Client, SaysThatNobodyListens) {
    std::uint16_t port = 0;
    {
        const auto sockets = listen_on("127.0.0.1", 0);
        port = port_of(sockets.front());
    }
    auto client = client_at(port);
    try {
        text_at(client);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
        EXPECT_THAT(error.what(), StartsWith("http://127.0.0.1:"));
        EXPECT_THAT(error.report(), HasSubstr("hint: "));
    }
}

TEST(Client, GivesUpOnASilentServer) {
    ScriptedServer server([](int socket, int) {
        ScriptedServer::read_head(socket);
        ScriptedServer::read_head(socket); // returns when the client has gone
    });
    auto client = client_at(server.port(), {.stall_timeout = milliseconds(50)});
    try {
        text_at(client);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
    }
}

TEST(Client, GivesUpOnAServerThatStallsWithinTheBody) {
    ScriptedServer server([](int socket, int) {
        ScriptedServer::read_head(socket);
        ScriptedServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        ScriptedServer::read_head(socket);
    });
    auto client = client_at(server.port(), {.stall_timeout = milliseconds(50)});
    EXPECT_THROW(text_at(client), Error);
}

TEST(Client, GivesUpOnAHeadThatTricklesForEver) {
    ScriptedServer server([](int socket, int) {
        ScriptedServer::read_head(socket);
        ScriptedServer::say(socket, "HTTP/1.1 200 OK\r\n");
        while (ScriptedServer::say(socket, "A: b\r\n")) {
            std::this_thread::sleep_for(milliseconds(10));
        }
    });
    auto client = client_at(server.port(), {.stall_timeout = milliseconds(60)});
    EXPECT_THROW(text_at(client), Error);
}

TEST(Client, GivesUpOnEndlessTalk) {
    for (const std::string line : {"A: b\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "xxxxxxxxx"}) {
        ScriptedServer server([&](int socket, int) {
            ScriptedServer::read_head(socket);
            ScriptedServer::say(socket, line == "A: b\r\n" ? "HTTP/1.1 200 OK\r\n" : "");
            while (ScriptedServer::say(socket, line)) {
            }
        });
        auto client = client_at(server.port());
        EXPECT_THROW(text_at(client), Error) << line;
    }
}

TEST(Client, TellsACutBodyFromABadOne) {
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(fault_for(head + "Content-Length: 10\r\n\r\nabc"), Fault::unavailable);
    EXPECT_EQ(fault_for(chunked + "5\r\nabc"), Fault::unavailable);
    EXPECT_EQ(fault_for(chunked + "3\r\nabc\r\n"), Fault::unavailable);
    EXPECT_EQ(fault_for(head + "Content-Le"), Fault::unavailable);
    EXPECT_EQ(fault_for(""), Fault::unavailable);
    EXPECT_EQ(fault_for(chunked + "zz\r\nabc"), Fault::corrupt);
    EXPECT_EQ(fault_for(chunked + "ffffffffffffffffff\r\nabc"), Fault::corrupt);
    EXPECT_EQ(fault_for(chunked + "1;" + std::string(300'000, 'x')), Fault::corrupt);
    EXPECT_EQ(fault_for(head + "Content-Length: -5\r\n\r\nabc"), Fault::corrupt);
    EXPECT_EQ(fault_for("SSH-2.0-OpenSSH_9.2\r\n\r\n"), Fault::corrupt);
}

TEST(Client, HoldsAFetchToItsLimit) {
    const std::string long_body(1001, 'x');
    EXPECT_EQ(fault_for("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), Fault::corrupt);
    EXPECT_EQ(fault_for("HTTP/1.1 200 OK\r\n\r\n" + long_body), Fault::corrupt);
}

TEST(Client, RefusesAnotherRangeThanItAskedFor) {
    const ClientRequest request{.path = "/", .range = ByteRange{5, 2}};
    const std::string head = "HTTP/1.1 206 P\r\nContent-Length: 2\r\n";
    EXPECT_EQ(fault_for(head + "Content-Range: bytes 5-6/9\r\n\r\nab", request), std::nullopt);
    EXPECT_EQ(fault_for(head + "Content-Range: bytes 4-5/9\r\n\r\nab", request), Fault::corrupt);
    EXPECT_EQ(fault_for(head + "Content-Range: bytes 5-7/9\r\n\r\nab", request), Fault::corrupt);
    EXPECT_EQ(fault_for(head + "\r\nab", request), Fault::corrupt);
    EXPECT_EQ(fault_for(head + "Content-Range: bytes 5-6/9\r\n\r\nab"), Fault::corrupt);
}

TEST(Client, CutsTheRangeOutOfAWhole) {
    ScriptedServer server(
        ScriptedServer::saying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789")
    );
    auto client = client_at(server.port());
    EXPECT_EQ(text_at(client, {.path = "/", .range = ByteRange{5, 2}}), "56");
    EXPECT_EQ(text_at(client, {.path = "/", .range = ByteRange{8, 9}}), "89");
}

TEST(Client, TurnsStatusesIntoFaults) {
    const auto fault = [](const std::string& status) {
        return fault_for("HTTP/1.1 " + status + " X\r\nContent-Length: 5\r\n\r\nwords");
    };
    EXPECT_EQ(fault("404"), Fault::not_found);
    EXPECT_EQ(fault("503"), Fault::unavailable);
    EXPECT_EQ(fault("403"), Fault::refused);
    EXPECT_EQ(fault("301"), Fault::refused);
}

TEST(Client, RepeatsTheServersWords) {
    ScriptedServer server(ScriptedServer::saying("HTTP/1.1 404 N\r\n\r\nerror: no branch x\n  while"
    ));
    auto client = client_at(server.port());
    try {
        text_at(client, {.path = "/b/x"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("/b/x: status 404 (error: no branch x)"));
    }
}

TEST(Client, ReadsAnEarlyRefusalOfALargeBody) {
    ServerOptions options;
    options.port = 0;
    options.body_limit_bytes = 10;
    Server server(options, [](const Request&) { return text_response(200, ""); });
    auto client = Client(Url{.host = "127.0.0.1", .port = server.port(), .prefix = ""});
    const auto response = client.send({.method = "POST", .path = "/", .body = Buffer(900'000)}, {});
    EXPECT_EQ(response.status, 413);
}

/// A client of a shell script.
Client client_of(const std::string& script) {
    ClientOptions options;
    options.program = [script](const Url&) { return std::vector<std::string>{"sh", "-c", script}; };
    return Client(Url::of_directory("/here"), options);
}

TEST(Client, TalksToAProgramAsToAServer) {
    auto client =
        client_of("while read -r line && [ ${#line} -gt 1 ]; do :; done;"
                  "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok'; cat >/dev/null");
    EXPECT_EQ(text_at(client), "ok");
}

TEST(Client, TellsHowAProgramEnded) {
    auto client = client_of("exit 7");
    try {
        text_at(client);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::unavailable);
        EXPECT_THAT(error.what(), HasSubstr("/here: sh ended with status 7"));
    }
}

TEST(Client, TellsThatThereIsNoSuchProgram) {
    ClientOptions options;
    options.program = [](const Url&) { return std::vector<std::string>{"/no/such/program"}; };
    Client client(Url::of_directory("/here"), options);
    EXPECT_THROW(client.fetch({.path = "/"}, 1000), Error);
    Client without(Url::of_directory("/here"));
    EXPECT_THROW(without.fetch({.path = "/"}, 1000), Error);
}

TEST(Client, EndsAProgramThatDoesNotEndByItself) {
    const auto began = std::filesystem::file_time_type::clock::now();
    {
        auto client =
            client_of("trap '' TERM; printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok';"
                      "exec sleep 1000");
        EXPECT_EQ(text_at(client), "ok");
    }
    EXPECT_LT(std::filesystem::file_time_type::clock::now() - began, std::chrono::minutes(5));
}

TEST(Client, IsServedOverASocketThatNobodyListensOn) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const FileDescriptor here(ends[0]);
    Server server(
        {}, [](const Request&) { return text_response(200, "words"); }, FileDescriptor(ends[1])
    );
    EXPECT_EQ(server.port(), 0);
    write_all(here.get(), as_bytes("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "it");
    Buffer answer(4096);
    answer.resize(read_some(here.get(), answer, "it"));
    EXPECT_THAT(std::string(as_text(answer)), testing::EndsWith("words"));
    server.wait();
}

} // namespace
} // namespace slipway::net
