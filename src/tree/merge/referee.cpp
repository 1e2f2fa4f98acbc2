#include "tree/merge/referee.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::tree::merging {

namespace {

bool is_directory(const Entry* entry) {
    return entry != nullptr && std::holds_alternative<Subdirectory>(entry->node);
}

bool conflict_before(const MergeConflict& a, const MergeConflict& b) {
    if (a.path != b.path) {
        return path_before(a.path, b.path);
    }
    return a.field < b.field;
}

bool note_before(const MergeNote& a, const MergeNote& b) {
    return path_before(a.path, b.path);
}

bool due_before(const Regeneration& a, const Regeneration& b) {
    return a.name != b.name ? a.name < b.name : path_before(a.path, b.path);
}

} // namespace

std::optional<Choice> Referee::decided(std::string_view path) {
    const auto found = options_.resolutions.find(path);
    if (!found) {
        return std::nullopt;
    }
    used_choices_.emplace(found->path);
    return found->choice;
}

std::optional<Choice> Referee::ask(MergeConflict question, Removable removable) {
    const auto found = options_.resolutions.find(question.path);
    const auto removes = found && (found->choice == Choice::remove ||
                                   (found->choice == Choice::base && !question.values.base));
    if (found && (!removes || removable == Removable::yes)) {
        return decided(question.path);
    }
    add(std::move(question));
    return std::nullopt;
}

void Referee::add(MergeConflict conflict) {
    const auto& values = conflict.values;
    const auto first_time =
        !group_ ||
        of_groups_
            .emplace(
                *group_, conflict.field, conflict.detail, values.base, values.ours, values.theirs
            )
            .second;
    if (first_time) {
        result_.conflicts.push_back(std::move(conflict));
    }
}

std::optional<Choice> Referee::ruled(const std::string& path) {
    const auto* rule = options_.rules.find(path);
    if (rule == nullptr) {
        return std::nullopt;
    }
    switch (rule->action) {
    case MergeRule::Action::regenerate:
        due(rule->argument, path);
        return Choice::ours;
    case MergeRule::Action::ours:
        note(path, "ours is taken, by rule");
        return Choice::ours;
    case MergeRule::Action::theirs:
        note(path, "theirs is taken, by rule");
        return Choice::theirs;
    case MergeRule::Action::driver:
    case MergeRule::Action::conflict:
        break;
    }
    return std::nullopt;
}

std::optional<Choice> Referee::clash(
    const std::string& path,
    MergeField field,
    const std::string& detail,
    const Triple<const Entry*>& versions
) {
    const auto directories =
        is_directory(versions.base) || is_directory(versions.ours) || is_directory(versions.theirs);
    if (const auto choice = directories ? std::nullopt : ruled(path)) {
        return choice;
    }
    const auto print = [](const Entry& entry) { return describe(entry); };
    return ask({path, field, detail, printed(versions, print)});
}

void Referee::note(std::string path, std::string text) {
    result_.notes.push_back({std::move(path), std::move(text)});
}

void Referee::due(std::string generator, std::string path) {
    result_.regenerations.push_back({std::move(generator), std::move(path)});
}

void Referee::absorb(Referee other) {
    const auto append = [](auto& list, auto& more) {
        list.insert(
            list.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
        );
    };
    append(result_.conflicts, other.result_.conflicts);
    append(result_.notes, other.result_.notes);
    append(result_.regenerations, other.result_.regenerations);
    used_choices_.merge(other.used_choices_);
    result_.statistics.files_merged += other.result_.statistics.files_merged;
}

void Referee::note_idle_choices() {
    for (const auto& [path, choice] : options_.resolutions.list()) {
        if (used_choices_.count(path) == 0) {
            note(
                path.empty() ? "/" : path,
                fmt::format("there was nothing to decide for {}", name_of(choice))
            );
        }
    }
}

MergeResult Referee::finish(std::optional<Digest> tree) && {
    note_idle_choices();
    if (!conflicted()) {
        result_.tree = tree;
    }
    std::stable_sort(result_.conflicts.begin(), result_.conflicts.end(), conflict_before);
    std::stable_sort(result_.notes.begin(), result_.notes.end(), note_before);
    std::sort(result_.regenerations.begin(), result_.regenerations.end(), due_before);
    return std::move(result_);
}

} // namespace slipway::tree::merging
