#include "sync/mirrors.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "net/server.h"

namespace slipway::sync {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Notices final : public Reporter {
public:
    void began(const Progress& /*progress*/) override {}

    void advanced(const Progress& /*progress*/) override {}

    void ended(const Progress& /*progress*/) override {}

    void notice(std::string_view text) override { texts_.lock()->emplace_back(text); }

    void detail(std::string_view /*text*/) override {}

    std::vector<std::string> texts() { return *texts_.lock(); }

private:
    Guarded<std::vector<std::string>> texts_;
};

/// A server of one answer, on a port of its own.
class Answering {
public:
    explicit Answering(net::Handler handler)
        : server_(
              {.port = 0, .threads = 2},
              [this, handler = std::move(handler)](const auto& request) {
                  ++asked;
                  return handler(request);
              }
          ) {}

    explicit Answering(const std::string& text)
        : Answering([text](const net::Request&) { return net::text_response(200, text); }) {}

    net::Url url() const { return {.host = "127.0.0.1", .port = server_.port()}; }

    std::atomic<std::size_t> asked = 0;

private:
    net::Server server_;
};

/// Where nobody listens.
net::Url nobody() {
    const net::Server gone({.port = 0, .threads = 1}, [](const auto&) { return net::Response(); });
    return {.host = "127.0.0.1", .port = gone.port()};
}

net::Response missing(const net::Request& /*request*/) {
    throw Error(Fault::not_found, "there is no such thing here, and this is a long text about it");
}

const net::ClientRequest whole{.path = "/thing"};

std::string fetch(Mirrors& mirrors, const net::ClientRequest& request = whole) {
    const auto body = mirrors.fetch_bytes(request, 1000);
    return body ? std::string(as_text(*body)) : "absent";
}

Fault fault_of_fetch(Mirrors& mirrors, const std::function<void(ConstBytes)>& accept = {}) {
    try {
        mirrors.fetch_bytes(whole, 1000, accept);
    } catch (const Error& error) {
        return error.fault();
    }
    return Fault::internal;
}

void refuse_bad(ConstBytes body) {
    if (as_text(body) == "bad") {
        throw Error(Fault::corrupt, "it is bad");
    }
}

TEST(Mirrors, leave_a_server_that_is_away_for_the_next_one) {
    Notices notices;
    Answering good("good");
    Mirrors mirrors({.servers = {nobody(), good.url()}}, notices);
    EXPECT_EQ(fetch(mirrors), "good");
    EXPECT_EQ(fetch(mirrors), "good");
    EXPECT_EQ(notices.texts().size(), 1U); // from then on the one that answered is asked first
}

TEST(Mirrors, leave_a_server_that_sends_damage_and_say_so) {
    Notices notices;
    Answering bad("bad");
    Answering good("good");
    Mirrors mirrors({.servers = {bad.url(), good.url()}}, notices);
    EXPECT_EQ(as_text(mirrors.fetch_bytes(whole, 1000, refuse_bad).value()), "good");
    EXPECT_THAT(notices.texts(), Contains(HasSubstr("/thing sent damaged bytes: it is bad")));
}

void refuse_old(ConstBytes body) {
    if (as_text(body) == "old") {
        throw Error(Fault::refused, "it is older").hint("ask elsewhere");
    }
}

TEST(Mirrors, leave_a_server_that_is_not_believed_and_say_which) {
    Notices notices;
    Answering old("old");
    Answering good("good");
    Mirrors mirrors({.servers = {old.url(), good.url()}}, notices);
    EXPECT_EQ(as_text(mirrors.fetch_bytes(whole, 1000, refuse_old).value()), "good");
    EXPECT_THAT(notices.texts(), Contains(old.url().text() + ": it is older"));
}

TEST(Mirrors, throw_the_refusal_at_once_if_no_server_has_anything_better) {
    Answering old("old");
    Answering absent(missing);
    Mirrors mirrors({.servers = {old.url(), absent.url()}}, silent_reporter());
    try {
        mirrors.fetch_bytes(whole, 1000, refuse_old);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::refused);
        EXPECT_STREQ(error.what(), "it is older");
        EXPECT_EQ(error.hint(), "ask elsewhere");
    }
    EXPECT_EQ(old.asked, 1U);
}

TEST(Mirrors, end_at_once_with_what_fails_on_this_side) {
    Notices notices;
    Answering good("good");
    Mirrors mirrors({.servers = {good.url(), good.url()}}, notices);
    const auto full = [](ConstBytes) { throw Error(Fault::unavailable, "no space left"); };
    try {
        mirrors.fetch_bytes(whole, 1000, full);
        FAIL();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "no space left");
    }
    EXPECT_EQ(good.asked, 1U);
    EXPECT_THAT(notices.texts(), IsEmpty());
}

TEST(Mirrors, call_damage_that_all_repeat_corrupt_whatever_their_patience) {
    Answering bad("bad");
    Answering as_bad("bad");
    for (const auto patience : {Patience::limited, Patience::endless}) {
        Mirrors mirrors({{bad.url(), as_bad.url()}, patience, {}}, silent_reporter());
        EXPECT_EQ(fault_of_fetch(mirrors, refuse_bad), Fault::corrupt);
    }
    EXPECT_EQ(bad.asked, 10U);
}

TEST(Mirrors, find_a_path_that_only_one_server_has) {
    Answering empty(missing);
    Answering good("good");
    Mirrors mirrors({.servers = {empty.url(), good.url()}}, silent_reporter());
    EXPECT_EQ(fetch(mirrors), "good");
}

TEST(Mirrors, know_what_no_server_has) {
    Notices notices;
    Answering empty(missing);
    Mirrors mirrors({.servers = {empty.url(), empty.url()}}, notices);
    EXPECT_EQ(fetch(mirrors), "absent");
    EXPECT_EQ(empty.asked, 2U);
    EXPECT_THAT(notices.texts(), IsEmpty());
    Mirrors half({.servers = {empty.url(), nobody()}}, notices);
    EXPECT_EQ(fetch(half), "absent"); // once patience has ended
}

TEST(Mirrors, do_not_take_an_error_message_for_the_body) {
    std::atomic<bool> ready = false;
    Answering late([&](const net::Request&) {
        if (!ready.exchange(true)) {
            throw Error(Fault::unavailable, "not yet, and this is a long text about it");
        }
        return net::text_response(200, "0123456789");
    });
    Mirrors mirrors({.servers = {late.url()}}, silent_reporter());
    EXPECT_EQ(fetch(mirrors, {.path = "/thing", .range = net::ByteRange{2, 3}}), "234");
}

TEST(Mirrors, cut_a_range_out_of_the_whole_for_a_server_that_knows_none) {
    Answering plain([](const net::Request&) {
        net::Response response;
        auto text = std::make_shared<const Buffer>(to_buffer(as_bytes("0123456789")));
        class Once final : public Source {
        public:
            explicit Once(std::shared_ptr<const Buffer> bytes)
                : bytes_(std::move(bytes)), rest_(*bytes_) {}

            std::size_t read(Bytes buffer) override { return rest_.read(buffer); }

        private:
            std::shared_ptr<const Buffer> bytes_;
            MemorySource rest_;
        };
        response.body = net::StreamBody{std::make_shared<Once>(std::move(text))};
        return response;
    });
    Mirrors mirrors({.servers = {plain.url()}}, silent_reporter());
    EXPECT_EQ(fetch(mirrors, {.path = "/thing", .range = net::ByteRange{2, 3}}), "234");
}

TEST(Mirrors, give_up_on_servers_that_are_away_only_with_limited_patience) {
    Mirrors limited({.servers = {nobody()}}, silent_reporter());
    EXPECT_EQ(fault_of_fetch(limited), Fault::unavailable);

    Mirrors endless({{nobody()}, Patience::endless, {}}, silent_reporter());
    std::atomic<bool> stopped = false;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2500)); // limited patience has ended
        stopped = true;
        endless.stop();
    });
    EXPECT_EQ(fault_of_fetch(endless), Fault::unavailable);
    EXPECT_TRUE(stopped);
}

TEST(Mirrors, ask_nobody_once_stopped) {
    Answering good("good");
    Mirrors mirrors({.servers = {good.url()}}, silent_reporter());
    mirrors.stop();
    EXPECT_EQ(fault_of_fetch(mirrors), Fault::unavailable);
    EXPECT_EQ(good.asked, 0U);
}

TEST(Mirrors, refuse_a_body_over_the_limit) {
    Answering long_one(std::string(1001, 'x'));
    Mirrors mirrors({.servers = {long_one.url()}}, silent_reporter());
    EXPECT_EQ(fault_of_fetch(mirrors), Fault::corrupt);
}

} // namespace
} // namespace slipway::sync
