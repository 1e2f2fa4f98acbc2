#include "sync/mirror.h"

#include <algorithm>
#include <ctime>
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
#include "cli/trusting.h"
#include "sync/adoption.h"

namespace slipway::cli {

namespace {

/// What of the refs is not the same here.
struct Changes {
    std::vector<trust::SignedKeySet> key_sets;
    std::vector<std::string> branches;
    std::vector<std::string> gone; ///< branches and tags that are here and not there
    std::vector<Error> refusals;   ///< why some stay as they are
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

/// Objects are here: now the refs, what they need of state first.
void adopt_refs(
    const Invocation& invocation,
    const store::Repository& repository,
    const sync::Refs& refs,
    Changes& changes
) {
    sync::adopt_state(repository, refs, *invocation.reporter);
    prune(invocation, repository, refs, changes);
    const auto divergence = invocation.flag("force") ? store::Branches::Divergence::replace
                                                     : store::Branches::Divergence::refuse;
    auto adopted =
        sync::adopt_names(repository, refs, {.divergence = divergence, .time = std::time(nullptr)});
    changes.branches = std::move(adopted.branches);
    for (auto& refusal : adopted.refusals) {
        changes.refusals.push_back(std::move(refusal));
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
            R"({{"packs":{},"bytes":{},"key_sets":{},"branches_changed":{},"gone":{},)"
            R"("refused":{},"requests":{}}})"
            "\n",
            copy.packs.size(),
            copy.bytes,
            changes.key_sets.size(),
            changes.branches.size(),
            changes.gone.size(),
            changes.refusals.size(),
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
    for (const auto& set : changes.key_sets) {
        print(fmt::format(
            "key set {} {} here: {}\n",
            set.keys.sequence,
            is_dry ? "would be" : "is",
            set.name().hex()
        ));
    }
    for (const auto& name : changes.gone) {
        const auto removed = invocation.flag("prune") && !is_dry;
        print(fmt::format(
            "{} is not there{}\n", name, removed ? ": removed" : "; --prune removes it here"
        ));
    }
}

sync::RefsQuestion question_of(const Invocation& invocation) {
    sync::RefsQuestion question;
    if (const auto file = invocation.find("keys")) {
        question.trusted = read_chain(*file);
    }
    if (invocation.flag("own-keys")) {
        if (question.trusted) {
            throw Error(Fault::usage, "--own-keys takes no keys from there: leave out --keys");
        }
        question.keys = sync::RefsQuestion::Keys::own;
    }
    return question;
}

/// Throws the first refusal, the others having been told.
void tell_refusals(const Invocation& invocation, const std::vector<Error>& refusals) {
    for (std::size_t i = 1; i < refusals.size(); ++i) {
        invocation.reporter->notice(refusals[i].what());
    }
    if (!refusals.empty()) {
        throw Error(refusals.front());
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
    const auto refs = sync::read_refs(peer, repository, question_of(invocation));
    const auto copy = sync::plan_packs(peer, repository);
    Changes changes{
        .key_sets = sync::new_key_sets(repository, refs),
        .branches = {},
        .gone = {},
        .refusals = refs.refusals};
    if (is_dry) {
        find_changes(invocation, repository, refs, changes);
    } else {
        sync::copy_packs(peer, repository, copy, *invocation.reporter);
        sync::check_refs(repository, refs);
        adopt_refs(invocation, repository, refs, changes);
    }
    show(invocation, copy, refs, changes, peer);
    tell_refusals(invocation, changes.refusals);
    return 0;
}

} // namespace

Command mirror_command() {
    return {
        .name = "mirror",
        .summary = "make this repository the same as another one",
        .description =
            "Fetches every pack that is not here, then takes over branches with all their moves, "
            "tags, signatures, key sets and head statements as they are there. The repository is "
            "made if there is none. Packs "
            "are verified down to the last object before they are used; nothing that is damaged "
            "there comes here, and no ref moves unless all that it leads to is here.\n\n"
            "Key sets must follow from those that are here, and a branch moves only to what the "
            "newest of them allows. A branch that may not move, or has moves of its own here, is "
            "left alone; the others move, and the exit status says that one did not.\n\n"
            "Run the command again after a failure, and it goes on, in the middle of a pack.",
        .arguments =
            {{"REPO",
              "A directory, http:// or ssh:// URLs separated by commas, or a remote's name."}},
        .options =
            {{.names = "--prune", .help = "Remove branches and tags that are not there any more."},
             {.names = "--force",
              .help = "Give up moves of branches, and tags, that are only here."},
             {.names = "--keys",
              .value = "FILE",
              .help = "The keys there must follow from these, which `slipway keys trust` wrote."},
             {.names = "--own-keys",
              .help = "This repository has keys of its own: key sets and head statements stay "
                      "there."},
             dry_run_option()},
        .examples =
            {"slipway --repo /srv/mirror mirror ssh://root@server/srv/slipway",
             "slipway --repo /srv/mirror mirror http://server:8080 --prune"},
        .run = run,
    };
}

} // namespace slipway::cli
