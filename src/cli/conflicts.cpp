#include "cli/conflicts.h"

#include <iostream>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

/// One line, or indented lines, of what a version has.
std::string value_text(const std::optional<std::string>& value) {
    if (!value) {
        return "(not there)";
    }
    auto lines = split(*value, '\n');
    if (lines.size() > 1 && lines.back().empty()) {
        lines.pop_back();
    }
    std::string text;
    for (const auto line : lines) {
        text += (text.empty() ? "" : "\n             ") + printable(line);
    }
    return text;
}

std::string conflict_text(const tree::MergeConflict& conflict) {
    return fmt::format(
        "conflict: {}: {}{}\n    base     {}\n    ours     {}\n    theirs   {}\n",
        printable(conflict.path),
        tree::name_of(conflict.field),
        conflict.detail.empty() ? "" : ": " + printable(conflict.detail),
        value_text(conflict.values.base),
        value_text(conflict.values.ours),
        value_text(conflict.values.theirs)
    );
}

nlohmann::json value_json(const std::optional<std::string>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

std::optional<tree::Choice> choice_of(std::string_view answer) {
    for (const auto choice :
         {tree::Choice::ours, tree::Choice::theirs, tree::Choice::base, tree::Choice::remove}) {
        const auto name = tree::name_of(choice);
        if (!answer.empty() && name.starts_with(answer)) {
            return choice;
        }
    }
    return std::nullopt;
}

constexpr std::string_view what_choices_mean =
    "    ours     as the branch has it that takes the change in\n"
    "    theirs   as the change has it\n"
    "    base     as it was before both\n"
    "    delete   neither: it goes\n"
    "    quit     decide nothing: nothing changes\n";

tree::Choice ask(const std::string& path) {
    for (;;) {
        print(fmt::format(
            "{}: take (o)urs, (t)heirs, (b)ase, (d)elete it, or (q)uit? ", printable(path)
        ));
        flush_output();
        std::string answer;
        if (!std::getline(std::cin, answer) || answer == "q" || answer == "quit") {
            throw Error(Fault::refused, "given up; nothing has changed");
        }
        if (const auto choice = choice_of(answer)) {
            return *choice;
        }
        print(what_choices_mean);
    }
}

} // namespace

bool can_ask(const Invocation& invocation) {
    return !invocation.json && !invocation.flag("dry-run") && isatty(STDIN_FILENO) == 1 &&
           isatty(STDOUT_FILENO) == 1;
}

void show_conflicts(
    const Invocation& invocation, const std::vector<tree::MergeConflict>& conflicts
) {
    auto list = nlohmann::json::array();
    for (const auto& conflict : conflicts) {
        if (!invocation.json) {
            print(conflict_text(conflict));
            continue;
        }
        list.push_back(
            {{"path", conflict.path},
             {"field", std::string(tree::name_of(conflict.field))},
             {"detail", conflict.detail},
             {"base", value_json(conflict.values.base)},
             {"ours", value_json(conflict.values.ours)},
             {"theirs", value_json(conflict.values.theirs)}}
        );
    }
    if (invocation.json) {
        print(json_text({{"conflicts", list}}));
    }
}

void refuse_conflicts(
    const std::string& branch, const std::vector<tree::MergeConflict>& conflicts
) {
    throw Error(
        Fault::refused,
        fmt::format(
            "{}; branch '{}' stays where it is", counted(conflicts.size(), "conflict"), branch
        )
    )
        .hint("decide with --ours PATH, --theirs PATH or --resolve FILE; clashing ids also with "
              "--reassign-ids");
}

void ask_about(const std::vector<tree::MergeConflict>& conflicts, tree::Resolutions& resolutions) {
    for (std::size_t i = 0; i < conflicts.size(); ++i) {
        print(conflict_text(conflicts[i]));
        const auto is_last_of_path =
            i + 1 == conflicts.size() || conflicts[i + 1].path != conflicts[i].path;
        if (is_last_of_path) {
            resolutions.add(conflicts[i].path, ask(conflicts[i].path));
        }
    }
}

} // namespace slipway::cli
