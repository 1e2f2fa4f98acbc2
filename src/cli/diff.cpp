#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/package_changes.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

/// What is to be compared.
struct Request {
    Sides sides;
    ChangeOptions options;
};

/// `A B [PATH]`, or `A [PATH]`: what A changed. A path begins with a slash, a commit never does.
Request read_request(const Invocation& invocation, sync::View& view) {
    Request request;
    auto second = invocation.find("B");
    auto path = invocation.find("PATH");
    if (second && second->starts_with('/')) {
        if (path) {
            throw Error(Fault::usage, fmt::format("'{}' is no commit", printable(*second)));
        }
        path = std::exchange(second, std::nullopt);
    }
    const auto first = find_commit(view, invocation.value("A"));
    request.sides = second ? Sides{first.commit.tree, find_commit(view, *second).commit.tree}
                           : sides_of_commit(view, first.commit);
    request.options.path = path.value_or("/");
    if (invocation.flag("no-renames")) {
        request.options.renames = Renames::leave;
    }
    if (invocation.flag("ignore-times")) {
        request.options.times = Times::leave;
    }
    return request;
}

void print_lines(const Invocation& invocation, const std::vector<tree::Change>& changes) {
    const auto palette = output_palette();
    for (const auto& change : changes) {
        if (invocation.flag("name-only")) {
            print(printable(change.path) + "\n");
        } else {
            print(line_of(change, palette));
        }
    }
}

nlohmann::json json_list(const std::vector<tree::Change>& changes) {
    auto list = nlohmann::json::array();
    for (const auto& change : changes) {
        list.push_back(json_of(change));
    }
    return list;
}

/// Prints what was asked for: the changes, or a summary of them, the packages, or both.
/// True if anything differs.
bool print_diff(const Invocation& invocation, const sync::View& view, const Request& request) {
    nlohmann::json answer;
    auto differs = false;
    if (invocation.flag("stat") || !invocation.flag("packages")) {
        const auto changes = find_changes(view, request.sides, request.options);
        differs = !changes.empty();
        const auto stat = invocation.flag("stat");
        if (invocation.json) {
            answer[stat ? "stat" : "changes"] = stat ? stat_json(changes) : json_list(changes);
        } else if (stat) {
            print(stat_of(changes));
        } else {
            print_lines(invocation, changes);
        }
    }
    if (invocation.flag("packages")) {
        const auto packages = find_package_changes(view, request.sides, *invocation.reporter);
        differs = differs || !packages.empty();
        if (invocation.json) {
            answer["packages"] = json_of(packages);
        } else {
            print(lines_of(packages, output_palette()));
        }
    }
    if (invocation.json) {
        print(json_text(answer));
    }
    return differs;
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto request = read_request(invocation, *view);
    const auto differs = print_diff(invocation, *view, request);
    return differs && invocation.flag("exit-code") ? 1 : 0;
}

} // namespace

Command diff_command() {
    return {
        .name = "diff",
        .summary = "show what differs between two commits",
        .description =
            "One line for each entry that differs, by path: A for added, D for removed, M for "
            "changed, with what changed (type, content, mode, owner, group, mtime, xattrs, target, "
            "device, link), R for renamed. Entries are paired as renamed if their content is the "
            "same; a directory is told as one, with the number of entries in it.\n\n"
            "With one commit, what that commit changed: against its first parent. Nothing is "
            "checked out, and what is equal is not even looked at.\n\n"
            "The exit status is 0 whether anything differs or not; see --exit-code.",
        .arguments =
            {{"A", "The commit before; alone: the commit whose own changes are shown."},
             {"B", "The commit after.", Count::optional},
             {"PATH", "Show only this path and what is below it; begins with /.", Count::optional}},
        .options =
            {{.names = "--stat", .help = "Show how much changed in which directory."},
             {.names = "--packages",
              .help = "Show which packages were upgraded, added or removed (dpkg, rpm, apk, "
                      "pacman)."},
             {.names = "--name-only", .help = "Print the paths alone."},
             {.names = "--no-renames", .help = "Show renamed entries as removed and added."},
             {.names = "--ignore-times", .help = "Leave out what differs in its time alone."},
             {.names = "--exit-code", .help = "End with status 1 if anything differs."}},
        .examples =
            {"slipway diff debian~1 debian",
             "slipway diff debian /etc  # what the last commit changed there",
             "slipway diff --packages stable testing"},
        .run = run,
    };
}

} // namespace slipway::cli
