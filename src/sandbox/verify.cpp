#include "sandbox/verify.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "sandbox/checks.h"
#include "sandbox/contained_root.h"
#include "sandbox/private_mounts.h"

namespace slipway::sandbox {

namespace {

constexpr Limits limits{.time = std::chrono::minutes(30)};

using Lines = std::vector<std::string>;

/// The findings of each check in a sandbox of `tree`.
std::vector<Lines> run_checks(
    const Contents& contents,
    const Digest& tree,
    const std::vector<Check>& checks,
    Reporter& reporter
) {
    std::vector<Lines> findings;
    tree::TreeReader reader(contents, tree);
    with_private_mounts([&](const std::filesystem::path& place) {
        const ContainedRoot root(contents, tree, place, reporter);
        for (const auto& check : checks) {
            const Task task(reporter, fmt::format("running {}", check.command()), Unit::items);
            const auto words = check.words_for(reader);
            findings.push_back(
                words.empty() ? Lines() : findings_of(check, root.run(words, limits), reader)
            );
        }
    });
    return findings;
}

/// Which of the lines the tree before did not have.
Checked compare(const Check& check, Lines found, const Lines& had) {
    const std::unordered_set<std::string> known(had.begin(), had.end());
    Checked checked{check.command(), {}, {}};
    for (auto& line : found) {
        (known.contains(line) ? checked.before : checked.fresh).push_back(std::move(line));
    }
    return checked;
}

} // namespace

std::vector<Checked>
verify(const Contents& contents, const Digest& before, const Digest& after, Reporter& reporter) {
    require_sandbox();
    tree::TreeReader tree(contents, after);
    const auto checks = checks_for(tree, touched_packages(contents, before, after));
    if (checks.empty()) {
        throw Error(Fault::unavailable, "the result has no program that could check it")
            .hint("--verify knows dpkg, apt, rpm, apk, pacman and ldconfig");
    }
    auto found = run_checks(contents, after, checks, reporter);
    std::vector<Check> doubtful;
    for (std::size_t i = 0; i < checks.size(); ++i) {
        if (!found[i].empty()) {
            doubtful.push_back(checks[i]);
        }
    }
    auto had =
        doubtful.empty() ? std::vector<Lines>() : run_checks(contents, before, doubtful, reporter);
    std::vector<Checked> results;
    for (std::size_t i = 0, next = 0; i < checks.size(); ++i) {
        results.push_back(compare(checks[i], found[i], found[i].empty() ? Lines() : had[next++]));
    }
    return results;
}

} // namespace slipway::sandbox
