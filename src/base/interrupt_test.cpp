#include "base/interrupt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/reporter.h"

namespace slipway {
namespace {

[[noreturn]] void end_with(bool as_hoped) {
    _exit(as_hoped ? 0 : 1);
}

template <typename Work>
bool is_interrupted(Work work) {
    try {
        work();
    } catch (const Error&) {
        return true;
    }
    return false;
}

TEST(Interrupts, MakeProgressThrowAfterASignal) {
    const auto run = [] {
        const Interrupts interrupts;
        Task task(silent_reporter(), "work", Unit::items);
        task.advance(1);
        raise(SIGTERM);
        end_with(interrupted_by() == SIGTERM && is_interrupted([&] { task.advance(1); }));
    };
    EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(Interrupts, EndAWaitForAPipe) {
    const auto run = [] {
        const Interrupts interrupts;
        std::array<int, 2> ends{};
        struct sigaction later = {};
        later.sa_handler = [](int) { raise(SIGINT); };
        if (pipe(ends.data()) != 0 || sigaction(SIGALRM, &later, nullptr) != 0) {
            end_with(false);
        }
        alarm(1);
        Buffer byte(1);
        end_with(is_interrupted([&] { read_some(ends[0], byte, "the pipe"); }));
    };
    EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST(Interrupts, LetTheSecondSignalEndTheProcess) {
    const auto run = [] {
        const Interrupts interrupts;
        raise(SIGINT);
        raise(SIGINT);
        end_with(false);
    };
    EXPECT_EXIT(run(), testing::KilledBySignal(SIGINT), "");
}

TEST(Interrupts, LeaveSignalsAsTheyWere) {
    const auto run = [] {
        { const Interrupts interrupts; }
        raise(SIGTERM);
        end_with(false);
    };
    EXPECT_EXIT(run(), testing::KilledBySignal(SIGTERM), "");
}

} // namespace
} // namespace slipway
