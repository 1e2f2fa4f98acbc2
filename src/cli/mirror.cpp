#include "sync/mirror.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/remotes.h"

namespace slipway::cli {

namespace {

/// What of the refs is not the same here.
struct Changes {
    std::vector<std::string> branches;
    std::vector<std::string> gone; ///< branches and tags that are here and not there
    std::vector<Error> refusals;   ///< why refs were left alone
};

/// Removes what is not there any more, or only tells it.
void prune(
    const Invocation& invocation,
    const store::Repository& repository,
    const sync::Refs& refs,
    Changes& changes
) {
    const auto removes = invocation.flag("prune") && !invocation.flag("dry-run");
    const auto is_there = [](const auto& list, const std::string& name) {
        return std::any_of(list.begin(), list.end(), [&](const auto& ref) {
            return ref.name == name;
        });
    };
    for (const auto& branch : repository.branches().list()) {
        if (!is_there(refs.branches, branch.name)) {
            changes.gone.push_back("branch " + branch.name);
            if (removes) {
                repository.branches().remove(
                    branch.name, branch.commit, {std::time(nullptr), this_user(), "gone there"}
                );
            }
        }
    }
    for (const auto& tag : repository.branches().tags()) {
        if (!is_there(refs.tags, tag.name)) {
            changes.gone.push_back("tag " + tag.name);
            if (removes) {
                repository.branches().remove_tag(tag.name);
            }
        }
    }
}

/// A ref that is refused is told of at the end, and keeps nothing from the others.
void try_ref(Changes& changes, const std::function<void()>& adopt) {
    try {
        adopt();
    } catch (const Error& error) {
        if (error.fault() != Fault::refused) {
            throw;
        }
        changes.refusals.push_back(error);
    }
}

void adopt_tag(
    const Invocation& invocation, const store::Repository& repository, const store::Tag& tag
) {
    const auto here = repository.branches().find_tag(tag.name);
    if (here && here->commit == tag.commit) {
        return;
    }
    if (here && invocation.flag("force")) {
        repository.branches().remove_tag(tag.name);
    }
    repository.branches().add_tag(tag);
}

/// Objects are here: now the refs, what they need of state first.
void adopt_refs(
    const Invocation& invocation,
    const store::Repository& repository,
    const sync::Refs& refs,
    Changes& changes
) {
    repository.shallow().change(refs.shallow, {});
    for (const auto& [commit, signature] : refs.signatures) {
        if (repository.index().find(commit)) {
            repository.signatures().add(commit, signature);
        }
    }
    prune(invocation, repository, refs, changes);
    for (const auto& tag : refs.tags) {
        try_ref(changes, [&] { adopt_tag(invocation, repository, tag); });
    }
    const auto divergence = invocation.flag("force") ? store::Branches::Divergence::replace
                                                     : store::Branches::Divergence::refuse;
    for (std::size_t i = 0; i < refs.branches.size(); ++i) {
        const auto& name = refs.branches[i].name;
        try_ref(changes, [&] {
            if (repository.branches().adopt(name, refs.moves[i], divergence)) {
                changes.branches.push_back(name);
            }
        });
    }
}

/// What would be changed.
void find_changes(
    const Invocation& invocation,
    const store::Repository& repository,
    const sync::Refs& refs,
    Changes& changes
) {
    for (const auto& branch : refs.branches) {
        const auto here = repository.branches().find(branch.name);
        if (!here || here->commit != branch.commit || here->sequence != branch.sequence) {
            changes.branches.push_back(branch.name);
        }
    }
    prune(invocation, repository, refs, changes);
}

void show(
    const Invocation& invocation,
    const sync::PackCopy& copy,
    const sync::Refs& refs,
    const Changes& changes,
    const sync::Peer& peer
) {
    const auto is_dry = invocation.flag("dry-run");
    if (invocation.json) {
        print(fmt::format(
            R"({{"packs":{},"bytes":{},"branches_changed":{},"gone":{},"requests":{}}})"
            "\n",
            copy.packs.size(),
            copy.bytes,
            changes.branches.size(),
            changes.gone.size(),
            peer.totals().requests
        ));
        return;
    }
    print(fmt::format(
        "{}{}, {}; {} and {} there, {} {} here\n",
        is_dry ? "would fetch " : "fetched ",
        counted(copy.packs.size(), "pack"),
        human_bytes(copy.bytes),
        counted(refs.branches.size(), "branch", "branches"),
        counted(refs.tags.size(), "tag"),
        counted(changes.branches.size(), "branch", "branches"),
        is_dry ? "would change" : "changed"
    ));
    for (const auto& name : changes.gone) {
        const auto removed = invocation.flag("prune") && !is_dry;
        print(fmt::format(
            "{} is not there{}\n", name, removed ? ": removed" : "; --prune removes it here"
        ));
    }
}

/// Throws if refs were left alone.
void check_refusals(const Changes& changes) {
    if (changes.refusals.size() == 1) {
        throw changes.refusals.front();
    }
    if (!changes.refusals.empty()) {
        std::string text = fmt::format("{} refs were left alone", changes.refusals.size());
        for (const auto& error : changes.refusals) {
            text += fmt::format("\n  {}", error.what());
        }
        throw Error(Fault::refused, text)
            .hint("`slipway reflog BRANCH` shows moves; --force gives up what is only here");
    }
}

/// Makes the repository if there is none; for a dry run an empty one, that goes with `scratch`.
std::filesystem::path
make_repository(const Invocation& invocation, std::optional<TemporaryDirectory>& scratch) {
    auto root = local_repository(invocation);
    std::error_code absent;
    if (std::filesystem::exists(store::RepositoryPaths{root}.marker(), absent)) {
        return root;
    }
    if (invocation.flag("dry-run")) {
        root = scratch.emplace("/var/tmp").path() / "repository";
    }
    store::create_repository(root);
    return root;
}

int run(const Invocation& invocation) {
    const Interrupts interrupts;
    const auto is_dry = invocation.flag("dry-run");
    std::optional<TemporaryDirectory> scratch;
    const auto root = make_repository(invocation, scratch);
    store::Repository repository(
        root, is_dry ? store::Access::read_only : store::Access::read_write
    );
    sync::Peer peer(
        {.servers = parse_repository(location_of(invocation, invocation.value("REPO"))),
         .client = client_options(Purpose::reading)},
        *invocation.reporter
    );
    // The refs first: what comes there meanwhile is left for the next time.
    const auto refs = sync::read_refs(peer, repository);
    const auto copy = sync::plan_packs(peer, repository);
    Changes changes;
    if (is_dry) {
        find_changes(invocation, repository, refs, changes);
    } else {
        sync::copy_packs(peer, repository, copy, *invocation.reporter);
        sync::check_refs(repository, refs);
        adopt_refs(invocation, repository, refs, changes);
    }
    show(invocation, copy, refs, changes, peer);
    check_refusals(changes);
    return 0;
}

} // namespace

Command mirror_command() {
    return {
        .name = "mirror",
        .summary = "make this repository the same as another one",
        .description =
            "Fetches every pack that is not here, then takes over branches with all their moves, "
            "tags and signatures as they are there. The repository is made if there is none. Packs "
            "are verified down to the last object before they are used; nothing that is damaged "
            "there comes here, and no ref moves unless all that it leads to is here.\n\n"
            "Run the command again after a failure, and it goes on, in the middle of a pack. A "
            "branch that has moves of its own here is left alone: all others move, and the exit "
            "status "
            "is 5.",
        .arguments =
            {{"REPO",
              "A directory, http:// or ssh:// URLs separated by commas, or a remote's name."}},
        .options =
            {{.names = "--prune", .help = "Remove branches and tags that are not there any more."},
             {.names = "--force",
              .help = "Give up moves of branches, and tags, that are only here."},
             dry_run_option()},
        .examples =
            {"slipway --repo /srv/mirror mirror ssh://root@server/srv/slipway",
             "slipway --repo /srv/mirror mirror http://server:8080 --prune"},
        .run = run,
    };
}

} // namespace slipway::cli
