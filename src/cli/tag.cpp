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
                tag.name,
                short_id(tag.commit),
                utc_time(tag.time),
                title_of(tree::load_commit(*view, tag.commit))
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

int run(const Invocation& invocation) {
    const auto name = invocation.find("NAME");
    const auto revision = invocation.find("COMMIT");
    if (!name) {
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
        .summary = "give a commit a name that never moves, or list such names",
        .description =
            "Makes a tag: a name for one commit, for ever. It can be written wherever a commit is "
            "named. Making the same tag again does nothing; at another commit it is refused. "
            "Without a name the tags are listed.",
        .arguments =
            {{"NAME", "The new tag; else all are listed.", Count::optional},
             {"COMMIT", "What it names.", Count::optional}},
        .options = {dry_run_option()},
        .examples = {"slipway tag 2026-06 stable", "slipway tag"},
        .run = run,
    };
}

} // namespace slipway::cli
