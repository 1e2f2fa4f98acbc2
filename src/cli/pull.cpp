#include "sync/pull.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/refspecs.h"
#include "cli/remotes.h"
#include "sync/signatures.h"

namespace slipway::cli {

namespace {

sync::Depth parse_depth(const Invocation& invocation) {
    const auto text = invocation.find("depth");
    if (!text) {
        return {};
    }
    if (*text == "all") {
        return {sync::whole_history};
    }
    return {invocation.number("depth", 1, sync::whole_history - 1)};
}

/// The moves of branches here. Throws Fault::refused for one that would lose commits.
std::vector<PlannedMove> plan_moves(
    const Invocation& invocation,
    const store::Repository& repository,
    sync::CommitSource& source,
    const std::vector<WantedBranch>& wanted
) {
    std::vector<PlannedMove> moves;
    for (const auto& [there, here, commit] : wanted) {
        store::check_branch_name(here);
        const auto found = repository.branches().find(here);
        const auto from = found ? std::optional(found->commit) : std::nullopt;
        if (from && from != commit && !invocation.flag("force") &&
            !source.is_ancestor(*from, commit)) {
            throw Error(
                Fault::refused, fmt::format("'{}' has commits here that it has not there", here)
            )
                .hint(fmt::format(
                    "pull {0}:{0}-theirs and merge, or leave them to the reflog with --force", there
                ));
        }
        moves.push_back({here, from, commit, "pull " + invocation.value("REPO")});
    }
    return moves;
}

/// Tags that are not here yet. One that is elsewhere here is told, and stays.
std::vector<store::Tag>
new_tags(const Invocation& invocation, const store::Repository& repository, sync::Peer& peer) {
    std::vector<store::Tag> tags;
    if (!invocation.flag("all")) {
        return tags;
    }
    for (auto& tag : peer.tags()) {
        store::check_branch_name(tag.name);
        const auto here = repository.branches().find_tag(tag.name);
        if (here && here->commit != tag.commit) {
            invocation.reporter->notice(fmt::format("tag '{}' is at another commit here", tag.name)
            );
        } else if (!here) {
            tags.push_back(std::move(tag));
        }
    }
    return tags;
}

void show(const Invocation& invocation, const sync::PullTotals& totals, const sync::Peer& peer) {
    const auto received = peer.totals();
    if (invocation.json) {
        print(fmt::format(
            R"({{"commits":{},"objects":{},"payload_bytes":{},"received_bytes":{},"requests":{}}})"
            "\n",
            totals.commits,
            totals.objects,
            totals.payload_bytes,
            received.bytes,
            received.requests
        ));
        return;
    }
    print(fmt::format(
        "{}{}, {}, {} of payload; received {} in {}\n",
        invocation.flag("dry-run") ? "would fetch " : "",
        counted(totals.commits, "commit"),
        counted(totals.objects, "object"),
        human_bytes(totals.payload_bytes),
        human_bytes(received.bytes),
        counted(received.requests, "request")
    ));
}

int run(const Invocation& invocation) {
    const Interrupts interrupts;
    const auto is_dry = invocation.flag("dry-run");
    store::Repository repository(
        local_repository(invocation), is_dry ? store::Access::read_only : store::Access::read_write
    );
    sync::Peer peer(
        {.servers = parse_repository(location_of(invocation, invocation.value("REPO"))),
         .client = client_options(Purpose::reading)},
        *invocation.reporter
    );
    sync::CommitSource source(repository, peer);
    const auto wanted = find_wanted(invocation, peer.branches());
    const auto moves = plan_moves(invocation, repository, source, wanted);
    const auto tags = new_tags(invocation, repository, peer);
    std::vector<Digest> tips;
    for (const auto& move : moves) {
        tips.push_back(move.to);
    }
    for (const auto& tag : tags) {
        tips.push_back(tag.commit);
    }
    const auto plan = plan_commits(repository, source, tips, parse_depth(invocation));
    if (is_dry) {
        show(invocation, sync::plan_pull(peer, repository, plan, *invocation.reporter), peer);
    } else {
        const auto totals = sync::pull(peer, repository, plan, *invocation.reporter);
        repository.shallow().change(plan.new_ends, plan.old_ends);
        sync::keep_signatures(repository, peer.signatures(), *invocation.reporter);
        show(invocation, totals, peer);
        for (const auto& move : moves) {
            if (move.from != move.to) {
                repository.branches().check_permitted(move.branch, move.to);
            }
        }
        for (const auto& tag : tags) {
            repository.branches().add_tag(tag);
        }
    }
    for (const auto& move : moves) {
        carry_out(invocation, repository, move);
    }
    return 0;
}

} // namespace

Command pull_command() {
    return {
        .name = "pull",
        .summary = "fetch branches from another repository",
        .description =
            "Fetches what the branches need and is not here, and then moves the branches of the "
            "same names, or those named after the colon. A branch that has commits of its own is "
            "left alone. Everything is verified as it arrives and kept at once: run the command "
            "again after a failure, and it goes on.\n\n"
            "With --depth only so many commits of each branch are fetched, and the history ends "
            "there; `--depth all` fetches the rest later.",
        .arguments =
            {{"REPO",
              "A directory, http:// or ssh:// URLs separated by commas, or a remote's name."},
             {refspec_argument,
              "A branch there, and behind a colon what it is called here.",
              Count::many}},
        .options =
            {{.names = "--all", .help = "Every branch and every tag."},
             {.names = "--depth", .value = "N", .help = "How many commits of each branch, or all."},
             {.names = "--force",
              .help = "Move branches even if that takes commits from them; the reflog keeps them."},
             dry_run_option()},
        .examples =
            {"slipway pull ssh://root@server/srv/slipway debian",
             "slipway pull http://server:8080 debian:debian-office --depth 1",
             "slipway pull office --all --dry-run"},
        .run = run,
    };
}

} // namespace slipway::cli
