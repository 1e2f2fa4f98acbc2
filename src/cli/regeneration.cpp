#include "cli/regeneration.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "sandbox/contained_root.h"
#include "sandbox/regenerate.h"
#include "sandbox/verify.h"

namespace slipway::cli {

namespace {

constexpr std::size_t most_lines_shown = 20;

/// "a, b, c and 7 more".
std::string some_of(const std::vector<std::string>& texts) {
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(texts.size(), most); ++i) {
        text += (i == 0 ? "" : ", ") + printable(texts[i]);
    }
    return texts.size() > most ? fmt::format("{} and {} more", text, texts.size() - most) : text;
}

/// Why nothing can be run here; empty if something can.
std::string no_sandbox_because() {
    try {
        sandbox::require_sandbox();
        return {};
    } catch (const Error& error) {
        return fmt::format("{} ({})", error.what(), error.hint());
    }
}

/// Generators run unless they are turned off; a dry run makes nothing unless it is asked to.
bool are_wanted(const Invocation& invocation) {
    return !invocation.flag("no-regenerate") &&
           (!invocation.flag("dry-run") || invocation.flag("regenerate") ||
            invocation.flag("verify"));
}

void tell_left(Reporter& reporter, const tree::Regeneration& due) {
    const auto command = sandbox::usual_command(due.name);
    reporter.notice(fmt::format(
        "{}: kept as it was on the branch; {} should make it anew",
        printable(due.path),
        printable(command.empty() ? due.name : command)
    ));
}

void tell_left(Reporter& reporter, const sandbox::Run& run) {
    reporter.notice(fmt::format(
        "{}: kept as on the branch; `{}` should make {} anew",
        some_of(run.due),
        run.command(),
        run.due.size() == 1 ? "it" : "them"
    ));
}

void tell_failed(Reporter& reporter, const sandbox::FailedRun& failed) {
    const auto& [run, outcome] = failed;
    reporter.notice(
        outcome.out_of_time
            ? fmt::format("`{}` did not come to its end", run.command())
            : fmt::format("`{}` failed with status {}", run.command(), outcome.status)
    );
    const auto lines = split(trimmed(outcome.output), '\n');
    const auto shown = std::min(lines.size(), most_lines_shown);
    for (const auto line : std::span(lines).last(shown)) {
        reporter.notice(fmt::format("    {}", printable(line)));
    }
    tell_left(reporter, run);
}

void tell(Reporter& reporter, const sandbox::Regenerated& result) {
    if (!result.made.empty()) {
        reporter.notice(fmt::format("made anew: {}", some_of(result.made)));
    }
    if (!result.dropped.empty()) {
        reporter.notice(fmt::format(
            "the programs also wrote {}; that is left out: {}",
            counted(result.dropped.size(), "path"),
            some_of(result.dropped)
        ));
    }
    for (const auto& failed : result.failed) {
        tell_failed(reporter, failed);
    }
}

/// Stops if the user insists and not everything was made.
void insist(const Invocation& invocation, bool complete) {
    if (invocation.flag("regenerate") && !complete) {
        throw Error(Fault::unavailable, "not everything could be made anew; nothing has changed")
            .hint("without --regenerate that is told, and the merge goes on");
    }
}

void show(Reporter& reporter, const sandbox::Checked& checked) {
    if (checked.fresh.empty()) {
        reporter.notice(
            checked.before.empty() ? fmt::format("`{}` finds nothing", checked.command)
                                   : fmt::format(
                                         "`{}` finds nothing that it did not find before ({})",
                                         checked.command,
                                         counted(checked.before.size(), "line")
                                     )
        );
        return;
    }
    reporter.notice(
        fmt::format("`{}` finds {}:", checked.command, counted(checked.fresh.size(), "new problem"))
    );
    for (const auto& line :
         std::span(checked.fresh).first(std::min(checked.fresh.size(), most_lines_shown))) {
        reporter.notice(fmt::format("    {}", printable(line)));
    }
    if (checked.fresh.size() > most_lines_shown) {
        reporter.notice(fmt::format("    and {} more", checked.fresh.size() - most_lines_shown));
    }
}

} // namespace

std::vector<Option> sandbox_options() {
    return {
        {.names = "--regenerate",
         .help = "Stop if a cache that is due cannot be made anew. Without it that is told."},
        {.names = "--no-regenerate", .help = "Run no programs: caches stay as they were."},
        {.names = "--verify",
         .help = "Run the distribution's own checks in the result, and move the branch only if "
                 "they find nothing that they do not find on the branch as it is."}};
}

void check_sandbox_options(const Invocation& invocation) {
    if (invocation.flag("regenerate") && invocation.flag("no-regenerate")) {
        throw Error(Fault::usage, "--regenerate and --no-regenerate contradict each other");
    }
    if (invocation.flag("regenerate") || invocation.flag("verify")) {
        sandbox::require_sandbox();
    }
}

Digest regenerate(
    const Invocation& invocation,
    tree::StagedObjects& objects,
    const Digest& tree,
    const std::vector<tree::Regeneration>& due
) {
    if (due.empty()) {
        return tree;
    }
    auto& reporter = *invocation.reporter;
    tree::TreeReader reader(objects, tree);
    const auto plan = sandbox::plan_regeneration(reader, due);
    for (const auto& left : plan.left) {
        tell_left(reporter, left);
    }
    const auto because = plan.runs.empty() ? std::string() : no_sandbox_because();
    if (plan.runs.empty() || !are_wanted(invocation) || !because.empty()) {
        if (!because.empty() && are_wanted(invocation)) {
            reporter.notice(because + ": caches stay as they are");
        }
        for (const auto& run : plan.runs) {
            tell_left(reporter, run);
        }
        insist(invocation, due.empty());
        return tree;
    }
    const Interrupts interrupts;
    const auto result = sandbox::regenerate(objects, tree, plan.runs, reporter);
    tell(reporter, result);
    insist(invocation, result.failed.empty() && plan.left.empty());
    return result.tree;
}

void verify(const Invocation& invocation, const Contents& contents, const TreeMove& move) {
    if (!invocation.flag("verify") || move.before == move.after) {
        return;
    }
    const Interrupts interrupts;
    const auto results = sandbox::verify(contents, move.before, move.after, *invocation.reporter);
    std::size_t failed = 0;
    for (const auto& checked : results) {
        show(*invocation.reporter, checked);
        failed += checked.fresh.empty() ? 0 : 1;
    }
    if (failed != 0) {
        throw Error(
            Fault::refused,
            fmt::format(
                "{} of {} failed; branch '{}' stays where it is",
                failed,
                counted(results.size(), "check"),
                move.branch
            )
        )
            .hint("without --verify the branch moves all the same");
    }
}

} // namespace slipway::cli
