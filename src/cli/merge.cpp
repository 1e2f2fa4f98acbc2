#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/history.h"
#include "cli/merging.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

/// Where the two parted.
struct Base {
    std::optional<Digest> commit{}; ///< if it is one
    Digest tree;
};

/// The best common ancestors are in conflict with each other.
[[noreturn]] void refuse_base(const tree::CommonBase& base) {
    throw Error(
        Fault::refused,
        fmt::format(
            "the two have {} best common ancestors, as {} and {}, which conflict at {}",
            base.commits.size(),
            short_id(base.commits[0]),
            short_id(base.commits[1]),
            printable(base.conflicts.front().path)
        )
    )
        .hint("name the one to compare with: --base COMMIT");
}

/// --base, or the best common ancestor, or the merge of several.
Base base_of(
    const Invocation& invocation, sync::View& view, Merging& merging, const Digest& theirs
) {
    if (const auto named = invocation.find("base")) {
        const auto commit = sync::resolve(view, *named);
        return {commit, merging.load(commit).tree};
    }
    const auto base = merging.common_base(theirs);
    if (base.commits.empty()) {
        throw Error(Fault::refused, "the two have no commit in common")
            .hint(
                "`slipway cherry-pick` takes single changes; --base names a commit to compare with"
            );
    }
    if (!base.tree) {
        refuse_base(base);
    }
    if (base.commits.size() > 1) {
        invocation.reporter->notice(fmt::format(
            "they parted at {} commits, which were merged to compare with", base.commits.size()
        ));
        return {std::nullopt, *base.tree};
    }
    return {base.commits.front(), *base.tree};
}

int run(const Invocation& invocation) {
    const auto& branch = invocation.value("into");
    const auto& revision = invocation.value("COMMIT");
    const auto view = open_view_to_write(invocation);
    Merging merging(invocation, *view, branch);
    const auto ours = merging.tip();
    const auto theirs = sync::resolve(*view, revision);
    const auto reason = fmt::format("merge {}", revision);
    const auto base = base_of(invocation, *view, merging, theirs);
    const auto may_forward = !invocation.flag("no-ff") && !invocation.find("base");
    if (may_forward && (base.commit == ours || base.commit == theirs)) {
        merging.go_to(base.commit == ours ? theirs : ours);
        merging.finish(reason + ": fast-forward");
        return 0;
    }
    const auto tree = merging.merge(base.tree, merging.load(theirs).tree);
    merging.add(
        {.tree = tree,
         .parents = {ours, theirs},
         .author = invocation.find("author").value_or(this_user()),
         .facts = {},
         .message =
             message_of(invocation).value_or(fmt::format("merge {} into {}", revision, branch))}
    );
    merging.finish(reason);
    return 0;
}

} // namespace

Command merge_command() {
    auto options = merge_options();
    options.insert(
        options.begin(),
        {{.names = "--into",
          .value = "BRANCH",
          .help = "The branch that takes the changes in.",
          .count = Count::one},
         {.names = "-m,--message", .value = "TEXT", .help = "Else \"merge COMMIT into BRANCH\"."},
         {.names = "--author", .value = "TEXT", .help = "Else the user and the host name."},
         {.names = "--no-ff", .help = "Make a commit also where the branch could just move on."},
         {.names = "--base",
          .value = "COMMIT",
          .help = "Compare both with this commit, not with where they parted."}}
    );
    return {
        .name = "merge",
        .summary = "take all changes of another branch into a branch",
        .description =
            "Merges the systems without a checkout: directories that one side kept are not even "
            "opened. Modes, owners, times and attributes merge field by field; accounts by record, "
            "the package database by package, text in /etc by line. The commit made has both as "
            "parents.\n\n"
            "What both changed differently is a conflict. All of them are shown, with the three "
            "versions, and nothing changes until each is decided: by --ours, --theirs, --resolve, "
            "or by an answer on a terminal. docs/merge.md tells the rules; the file merge-rules in "
            "a repository adds to them.\n\n"
            "Caches that both changed, as ld.so.cache, are made anew by the result's own programs, "
            "in a sandbox of it: no network, no devices, and only the caches are taken. That needs "
            "root and bubblewrap; elsewhere it is told what should be run. --verify lets dpkg, "
            "apt, "
            "rpm, apk, pacman and ldconfig look at the result before the branch moves.",
        .arguments = {{"COMMIT", "The branch or commit whose changes are taken in."}},
        .options = std::move(options),
        .examples =
            {"slipway merge security --into lab",
             "slipway merge --dry-run security --into lab  # tell of conflicts, change nothing",
             "slipway merge security --into lab --theirs /etc/ssh",
             "slipway merge security --into lab --verify  # only if the package database is sound"},
        .run = run,
    };
}

} // namespace slipway::cli
