#include "base/reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// What `act` writes to standard error, which is no terminal.
template <typename Act>
std::string standard_error_of(Act act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
}

TEST(TextReporter, WritesOneLineATaskWhereThereIsNoTerminal) {
    const auto text = standard_error_of([] {
        const auto reporter = make_text_reporter(Verbosity::normal);
        Task task(*reporter, "importing", Unit::bytes, 3000);
        task.advance(1000);
        task.advance(2000);
        reporter->notice("a file was skipped");
        reporter->detail("not shown");
    });
    EXPECT_THAT(
        text, MatchesRegex("notice: a file was skipped\nimporting: 3.00 kB in [0-9.]+ s\n")
    );
}

TEST(TextReporter, WritesOnlyNoticesWhenQuietAndDetailsWhenVerbose) {
    const auto say = [](Verbosity verbosity) {
        return standard_error_of([&] {
            const auto reporter = make_text_reporter(verbosity);
            const Task task(*reporter, "work", Unit::items);
            reporter->notice("n");
            reporter->detail("d");
        });
    };
    EXPECT_EQ(say(Verbosity::quiet), "notice: n\n");
    EXPECT_THAT(say(Verbosity::verbose), HasSubstr("notice: n\nd\nwork: 0 in"));
}

TEST(JsonReporter, WritesALineAnEvent) {
    const auto text = standard_error_of([] {
        const auto reporter = make_json_reporter();
        Task task(*reporter, "a \"b\"", Unit::items, 2);
        task.advance(2);
        reporter->notice("line\nbreak");
    });
    EXPECT_THAT(text, HasSubstr(R"({"event":"began","name":"a \"b\"","unit":"items","done":0,)"));
    EXPECT_THAT(text, HasSubstr("{\"event\":\"notice\",\"text\":\"line\\u000abreak\"}\n"));
    EXPECT_THAT(
        text, HasSubstr(R"("event":"ended","name":"a \"b\"","unit":"items","done":2,"tot)")
    );
}

TEST(HumanBytes, HasThreeDigits) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(999), "999 B");
    EXPECT_EQ(human_bytes(1000), "1.00 kB");
    EXPECT_EQ(human_bytes(12345), "12.3 kB");
    EXPECT_EQ(human_bytes(999499), "999 kB");
    EXPECT_EQ(human_bytes(999500), "1.00 MB");
    EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

} // namespace
} // namespace slipway
