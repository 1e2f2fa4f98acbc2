#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/output.h"
#include "cli/package_changes.h"
#include "cli/places.h"
#include "cli/text_changes.h"

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
    if (!second && first.ends_history) {
        invocation.reporter->notice(fmt::format("{}: {}", short_id(first.id), where_history_ends));
    }
    request.sides = second ? Sides{first.commit.tree, find_commit(view, *second).commit.tree}
                           : sides_of_commit(view, first.commit);
    const auto text = invocation.find("text");
    if (path && text) {
        throw Error(Fault::usage, "--text names a path of its own");
    }
    request.options.path = text ? *text : path.value_or("/");
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

/// The texts of the files that differ.
void print_texts(
    const Invocation& invocation,
    const sync::View& view,
    const std::vector<tree::Change>& changes,
    nlohmann::json& answer
) {
    const auto palette = output_palette();
    auto list = nlohmann::json::array();
    for (const auto& change : changes) {
        auto text = text_of(view, change, palette);
        if (!invocation.json) {
            print(text);
        } else if (!text.empty()) {
            list.push_back({{"path", change.path}, {"text", std::move(text)}});
        }
    }
    answer["texts"] = std::move(list);
}

nlohmann::json json_list(const std::vector<tree::Change>& changes) {
    auto list = nlohmann::json::array();
    for (const auto& change : changes) {
        list.push_back(json_of(change));
    }
    return list;
}

/// The changes in the form that was asked for. True if there are any.
bool print_changes(
    const Invocation& invocation,
    const sync::View& view,
    const Request& request,
    nlohmann::json& answer
) {
    auto changes = find_changes(view, request.sides, request.options);
    const auto differs = !changes.empty();
    if (invocation.flag("brief")) {
        changes = collapsed(std::move(changes));
    }
    if (invocation.find("text")) {
        print_texts(invocation, view, changes, answer);
    } else if (invocation.flag("stat") && invocation.json) {
        answer["stat"] = stat_json(changes);
    } else if (invocation.flag("stat")) {
        print(stat_of(changes));
    } else if (invocation.json) {
        answer["changes"] = json_list(changes);
    } else {
        print_lines(invocation, changes);
    }
    return differs;
}

bool print_packages(
    const Invocation& invocation,
    const sync::View& view,
    const Request& request,
    nlohmann::json& answer
) {
    const auto packages = find_package_changes(view, request.sides, *invocation.reporter);
    if (invocation.json) {
        answer["packages"] = json_of(packages);
    } else {
        print(lines_of(packages, output_palette()));
    }
    return !packages.empty();
}

/// Throws Fault::usage for options that leave no sense together.
void check_options(const Invocation& invocation) {
    const auto forms = (invocation.flag("stat") ? 1 : 0) + (invocation.find("text") ? 1 : 0) +
                       (invocation.flag("name-only") ? 1 : 0);
    if (forms > 1) {
        throw Error(Fault::usage, "--stat, --text and --name-only contradict each other");
    }
}

int run(const Invocation& invocation) {
    check_options(invocation);
    const auto view = open_view(invocation);
    const auto request = read_request(invocation, *view);
    const auto packages = invocation.flag("packages");
    const auto changes = !packages || invocation.flag("stat") || invocation.find("text") ||
                         invocation.flag("name-only");
    nlohmann::json answer;
    auto differs = changes && print_changes(invocation, *view, request, answer);
    if (packages) {
        differs = print_packages(invocation, *view, request, answer) || differs;
    }
    if (invocation.json) {
        print(json_text(answer));
    }
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
             {.names = "--text",
              .value = "PATH",
              .help = "Show the lines that differ, in this file or in every file below this "
                      "directory."},
             {.names = "--name-only", .help = "Print the paths alone."},
             {.names = "--brief",
              .help = "Show a directory that was added or removed with all in it as one line."},
             {.names = "--no-renames", .help = "Show renamed entries as removed and added."},
             {.names = "--ignore-times", .help = "Leave out what differs in its time alone."},
             {.names = "--exit-code", .help = "End with status 1 if anything differs."}},
        .examples =
            {"slipway diff debian~1 debian",
             "slipway diff stable testing --text /etc/ssh",
             "slipway diff debian /etc  # what the last commit changed there",
             "slipway diff --packages stable testing"},
        .run = run,
    };
}

} // namespace slipway::cli
