#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/history.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

void list_tags(const Invocation& invocation) {
    const auto view = open_view(invocation);
    auto list = nlohmann::json::array();
    for (const auto& tag : view->tags()) {
        if (invocation.json) {
            list.push_back(
                {{"name", tag.name},
                 {"commit", tag.commit.hex()},
                 {"time", utc_time(tag.time)},
                 {"who", tag.who}}
            );
        } else {
            print(fmt::format(
                "{:<24} {}  {}  {}\n",
                printable(tag.name),
                short_id(tag.commit),
                utc_time(tag.time),
                legible(title_of(tree::load_commit(*view, tag.commit)))
            ));
        }
    }
    if (invocation.json) {
        print(json_text(list));
    }
}

void tell(const Invocation& invocation, const store::Tag& tag, bool made) {
    if (invocation.json) {
        print(fmt::format(
            R"({{"tag":{},"commit":"{}","made":{}}})"
            "\n",
            json_string(tag.name),
            tag.commit.hex(),
            made
        ));
        return;
    }
    const auto* const how = invocation.flag("dry-run") ? "would be" : "is";
    print(fmt::format("tag {} {} at {}\n", tag.name, how, short_id(tag.commit)));
}

void make_tag(const Invocation& invocation, const std::string& name, const std::string& revision) {
    store::check_branch_name(name);
    const auto root = local_repository(invocation);
    const auto view = open_view_to_write(invocation);
    const auto commit = find_commit_only(*view, revision).id;
    const store::Tag tag{name, commit, std::time(nullptr), this_user()};
    const auto found = view->find_tag(name);
    const auto is_there = found && found->commit == commit;
    // A dry run meets the same refusals.
    if (!is_there && (found || view->find_branch(name) || !invocation.flag("dry-run"))) {
        store::Repository(root, store::Access::read_write).branches().add_tag(tag);
    }
    tell(invocation, tag, !is_there && !invocation.flag("dry-run"));
}

/// It leaves no trace but what is told here.
void delete_tag(const Invocation& invocation, const std::string& name) {
    const store::Repository repository(
        local_repository(invocation),
        invocation.flag("dry-run") ? store::Access::read_only : store::Access::read_write
    );
    const auto found = repository.branches().find_tag(name);
    if (!found) {
        throw Error(Fault::not_found, fmt::format("there is no tag '{}'", printable(name)))
            .hint("`slipway tag` lists them");
    }
    const auto happens = !invocation.flag("dry-run");
    if (happens) {
        repository.branches().remove_tag(name);
    }
    if (invocation.json) {
        print(json_text({{"tag", name}, {"commit", found->commit.hex()}, {"deleted", happens}}));
    } else {
        const auto* const how = happens ? "is deleted, it was" : "would be deleted, it is";
        print(fmt::format("tag {} {} at {}\n", name, how, short_id(found->commit)));
    }
}

int run(const Invocation& invocation) {
    const auto name = invocation.find("NAME");
    const auto revision = invocation.find("COMMIT");
    if (invocation.flag("delete")) {
        if (!name || revision) {
            throw Error(Fault::usage, "which tag is to be deleted?")
                .hint("write `slipway tag --delete NAME`");
        }
        delete_tag(invocation, *name);
    } else if (!name) {
        list_tags(invocation);
    } else if (!revision) {
        throw Error(Fault::usage, fmt::format("which commit is '{}'?", printable(*name)))
            .hint("write `slipway tag NAME COMMIT`");
    } else {
        make_tag(invocation, *name, *revision);
    }
    return 0;
}

} // namespace

Command tag_command() {
    return {
        .name = "tag",
        .summary = "give a commit a name that never moves, list or delete such names",
        .description =
            "Makes a tag: a name for one commit that never moves. It can be written wherever a "
            "commit is "
            "named. Making the same tag again does nothing; at another commit it is refused. "
            "Without a name the tags are listed.\n\n"
            "With --delete a tag goes, as one that was a mistake. It has no reflog: note the "
            "commit "
            "that is told.",
        .arguments =
            {{"NAME", "The new tag; else all are listed.", Count::optional},
             {"COMMIT", "What it names.", Count::optional}},
        .options = {{.names = "-d,--delete", .help = "Delete the tag."}, dry_run_option()},
        .examples = {"slipway tag 2026-06 stable", "slipway tag", "slipway tag --delete 2026-60"},
        .run = run,
    };
}

} // namespace slipway::cli
