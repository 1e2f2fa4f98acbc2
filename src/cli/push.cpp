#include "sync/push.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/history.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/refspecs.h"
#include "cli/remotes.h"

namespace slipway::cli {

namespace {

/// The one repository to push to.
net::Url target_of(const Invocation& invocation) {
    const auto urls = parse_repository(location_of(invocation, invocation.value("REPO")));
    if (urls.size() != 1) {
        throw Error(Fault::usage, "push to one repository at a time");
    }
    if (urls.front().scheme == net::Scheme::http) {
        throw Error(Fault::refused, "nothing can be pushed over HTTP")
            .hint("push to ssh://HOST/PATH, or pull from the other side");
    }
    return urls.front();
}

std::vector<sync::BranchUpdate> plan_updates(
    const Invocation& invocation,
    const std::vector<WantedBranch>& wanted,
    const std::vector<store::Branch>& there
) {
    std::vector<sync::BranchUpdate> updates;
    for (const auto& [from, to, commit] : wanted) {
        store::check_branch_name(to);
        const auto found =
            std::find_if(there.begin(), there.end(), [&name = to](const auto& branch) {
                return branch.name == name;
            });
        updates.push_back(
            {.branch = to,
             .from = found == there.end() ? std::nullopt : std::optional(found->commit),
             .to = commit,
             .way = invocation.flag("force") ? sync::BranchUpdate::Way::any
                                             : sync::BranchUpdate::Way::forward,
             .reason = "push from " + this_user()}
        );
    }
    return updates;
}

std::vector<store::Tag>
new_tags(const store::Repository& repository, const std::vector<store::Tag>& there) {
    std::vector<store::Tag> tags;
    for (auto& tag : repository.branches().tags()) {
        const auto is_there = std::any_of(there.begin(), there.end(), [&](const auto& other) {
            return other.name == tag.name && other.commit == tag.commit;
        });
        if (!is_there) {
            tags.push_back(std::move(tag));
        }
    }
    return tags;
}

/// Those that are not there. The receiver leaves out those of commits that it has not.
std::vector<sync::SignedCommit>
new_signatures(const store::Repository& repository, const std::vector<sync::SignedCommit>& there) {
    std::unordered_set<Digest> known;
    for (const auto& [commit, signature] : there) {
        known.insert(sha256(signature));
    }
    std::vector<sync::SignedCommit> signatures;
    for (const auto& commit : repository.signatures().targets()) {
        for (auto& signature : repository.signatures().of(commit)) {
            if (!known.contains(sha256(signature))) {
                signatures.push_back({commit, std::move(signature)});
            }
        }
    }
    return signatures;
}

/// What the other side would refuse in any case. Its keys are asked by a real push only.
void check_forward(const Invocation& invocation, const std::vector<sync::BranchUpdate>& updates) {
    sync::LocalView view(local_repository(invocation));
    for (const auto& update : updates) {
        if (update.way == sync::BranchUpdate::Way::forward && update.from &&
            !is_ancestor(view, *update.from, update.to)) {
            throw Error(
                Fault::refused,
                fmt::format(
                    "{}: '{}' there has commits that {} lacks",
                    invocation.value("REPO"),
                    update.branch,
                    update.to.hex()
                )
            )
                .hint("pull and merge them first, or push with --force");
        }
    }
}

void show(
    const Invocation& invocation, const sync::Update& update, const sync::PushTotals& totals
) {
    const auto is_dry = invocation.flag("dry-run");
    if (invocation.json) {
        print(fmt::format(
            R"({{"commits":{},"objects":{},"sent_bytes":{},"requests":{}}})"
            "\n",
            totals.commits,
            totals.objects,
            totals.bytes,
            totals.requests
        ));
    } else {
        print(fmt::format(
            "{}{}, {}, {} in {}\n",
            is_dry ? "would send " : "sent ",
            counted(totals.commits, "commit"),
            counted(totals.objects, "object"),
            human_bytes(totals.bytes),
            counted(totals.requests, "request")
        ));
    }
    for (const auto& branch : update.branches) {
        tell_move(
            invocation,
            {branch.branch, branch.from, branch.to, branch.reason},
            !is_dry && branch.from != branch.to
        );
    }
}

int run(const Invocation& invocation) {
    const auto is_dry = invocation.flag("dry-run");
    const store::Repository repository(local_repository(invocation), store::Access::read_only);
    sync::Receiver receiver(net::Client(target_of(invocation), client_options(Purpose::writing)));
    sync::Update update;
    update.branches = plan_updates(
        invocation, find_wanted(invocation, repository.branches().list()), receiver.branches()
    );
    if (is_dry) {
        check_forward(invocation, update.branches);
    }
    if (invocation.flag("all")) {
        update.tags = new_tags(repository, receiver.tags());
    }
    std::vector<Digest> commits;
    for (const auto& branch : update.branches) {
        commits.push_back(branch.to);
    }
    for (const auto& tag : update.tags) {
        commits.push_back(tag.commit);
    }
    const auto totals = sync::push_objects(
        repository,
        receiver,
        commits,
        is_dry ? sync::PushMode::dry : sync::PushMode::real,
        *invocation.reporter
    );
    if (!is_dry) {
        update.signatures = new_signatures(repository, receiver.signatures());
        receiver.update(update);
    }
    show(invocation, update, totals);
    return 0;
}

} // namespace

Command push_command() {
    return {
        .name = "push",
        .summary = "send branches to another repository",
        .description =
            "Sends what the branches need and is not there, and then asks for their moves. The "
            "other "
            "side verifies everything, and moves a branch only if all that it leads to has "
            "arrived, "
            "if nobody moved it meanwhile and, without --force, if no commit is lost. What has "
            "arrived stays: run the command again after a failure, and it goes on.",
        .arguments =
            {{"REPO", "A directory, an ssh:// URL, or a remote's name."},
             {refspec_argument,
              "A branch, and behind a colon what it is called there.",
              Count::many}},
        .options =
            {{.names = "--all", .help = "Every branch and every tag."},
             {.names = "--force",
              .help = "Move branches even if that takes commits from them; the reflog there keeps "
                      "them."},
             dry_run_option()},
        .examples =
            {"slipway push ssh://root@server/srv/slipway debian",
             "slipway push /mnt/usb/slipway --all"},
        .run = run,
    };
}

} // namespace slipway::cli
