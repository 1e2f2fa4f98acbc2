#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

void make(const Invocation& invocation, const std::string& name, const std::string& revision) {
    store::check_branch_name(name);
    const auto view = open_view_to_write(invocation);
    const auto commit = find_commit_only(*view, revision);
    const auto found = view->find_branch(name);
    if (found && found->commit != commit.id) {
        throw Error(
            Fault::refused, fmt::format("there is a branch '{}' at {}", name, found->commit.hex())
        )
            .hint("`slipway promote` moves it forward, `slipway rollback` back");
    }
    const auto from = found ? std::optional(found->commit) : std::nullopt;
    carry_out(invocation, {name, from, commit.id, "branch from " + revision});
}

void remove(const Invocation& invocation, const std::string& name) {
    const auto root = local_repository(invocation);
    const auto tip = seen_at(invocation, name);
    const auto happens = !invocation.flag("dry-run");
    if (happens) {
        const store::Repository repository(root, store::Access::read_write);
        const store::MoveNote note{std::time(nullptr), this_user(), "branch deleted"};
        if (repository.branches().remove(name, tip, note) != store::MoveResult::moved) {
            moved_meanwhile(name, fmt::format("look at it with `slipway reflog {}`", name));
        }
    }
    if (invocation.json) {
        print(fmt::format(
            R"({{"branch":{},"from":"{}","to":null,"moved":{}}})"
            "\n",
            json_string(name),
            tip.hex(),
            happens
        ));
    } else {
        const auto* const how = happens ? "is deleted, it was" : "would be deleted, it is";
        print(fmt::format("{} {} at {}\n", name, how, short_id(tip)));
    }
}

int run(const Invocation& invocation) {
    if (!invocation.find("NAME")) {
        if (invocation.flag("delete")) {
            throw Error(Fault::usage, "which branch is to be deleted?")
                .hint("write `slipway branch --delete NAME`");
        }
        return branches_command().run(invocation);
    }
    const auto& name = invocation.value("NAME");
    const auto revision = invocation.find("COMMIT");
    if (invocation.flag("delete")) {
        if (revision) {
            throw Error(Fault::usage, "a branch is deleted wherever it is")
                .hint("--expect COMMIT deletes it only if it is there");
        }
        remove(invocation, name);
    } else if (revision) {
        make(invocation, name, *revision);
    } else {
        throw Error(Fault::usage, fmt::format("which commit is '{}'?", printable(name)))
            .hint("write `slipway branch NAME COMMIT`");
    }
    return 0;
}

} // namespace

Command branch_command() {
    return {
        .name = "branch",
        .summary = "make a branch at a commit, or delete one",
        .description =
            "Makes a branch. A branch that is there already, elsewhere, is left alone. Branches "
            "move by `import`, `promote`, `rollback`, `merge` and others. Without a name the "
            "branches "
            "are listed, as `slipway branches` does.\n\n"
            "With --delete a branch goes. Its reflog stays and keeps its commits until `slipway "
            "gc` "
            "finds it too old: until then `slipway branch NAME NAME@{0}` brings it back.",
        .arguments =
            {{"NAME", "The branch; else all are listed.", Count::optional},
             {"COMMIT", "Where it begins.", Count::optional}},
        .options =
            {{.names = "-d,--delete", .help = "Delete the branch."},
             expect_option(),
             dry_run_option()},
        .examples =
            {"slipway branch testing debian",
             "slipway branch site/berlin debian~2",
             "slipway branch --delete testing"},
        .run = run,
    };
}

} // namespace slipway::cli
