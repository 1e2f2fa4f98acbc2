#include "tree/merge/renames.h"

#include <fmt/format.h>

#include "base/text.h"
#include "tree/merge/fields.h"
#include "tree/merge/moves.h"
#include "tree/merge/tree_paths.h"

namespace slipway::tree::merging {

namespace {

class RenamePlanner {
public:
    RenamePlanner(
        DirectoryReader& reader,
        const Triple<std::optional<Digest>>& roots,
        Plan& plan,
        Referee& referee
    )
        : reader_(reader), roots_(roots), plan_(plan), referee_(referee) {}

    void plan(const Survey& survey) {
        for (const auto& lost : survey.lost_edits) {
            moves_.of(lost.remover).want(lost.content.content);
        }
        for (const auto& vanished : survey.vanished) {
            moves_.ours.want(vanished.content.content);
            moves_.theirs.want(vanished.content.content);
        }
        for (const auto side : both_sides) {
            moves_.of(side).look(reader_, {{}, roots_.base, roots_.of(side)});
        }
        for (const auto& lost : survey.lost_edits) {
            if (is_open(lost.path)) {
                follow(lost);
            }
        }
        for (const auto& vanished : survey.vanished) {
            if (is_open(vanished.path)) {
                compare(vanished);
            }
        }
    }

private:
    /// Nobody knows better where it went: a diversion may.
    bool is_open(const std::string& path) const { return plan_.find(path) == nullptr; }

    /// Takes an edit to where the other side put the file, if the editor has nothing there.
    void follow(const LostEdit& lost) {
        const auto* move = moves_.of(lost.remover).find(lost.path, lost.content.content);
        const auto editor = other_side(lost.remover);
        if (move == nullptr || entry_at(reader_, roots_.of(editor), move->to)) {
            return;
        }
        Planned target;
        target.versions.base = entry_at(reader_, roots_.base, lost.path);
        target.versions.of(lost.remover) = move->entry;
        target.versions.of(editor) = entry_at(reader_, roots_.of(editor), lost.path);
        for (const auto version : all_versions) {
            target.versions.of(version)->name = move->entry->name;
        }
        plan_.put(move->to, std::move(target));
        plan_.put(lost.path, {});
        ++referee_.statistics().renames_followed;
        referee_.note(
            move->to,
            fmt::format(
                "{} renamed {}, and what {} changed there follows",
                name_of(lost.remover),
                printable(lost.path),
                name_of(editor)
            )
        );
    }

    /// Both removed it: perhaps one or each of them gave it another name.
    void compare(const Vanished& vanished) {
        const auto& content = vanished.content.content;
        const auto* ours = moves_.ours.find(vanished.path, content);
        const auto* theirs = moves_.theirs.find(vanished.path, content);
        if (ours == nullptr || theirs == nullptr) {
            if (ours != theirs) {
                const auto renamer = ours != nullptr ? Version::ours : Version::theirs;
                keep(vanished.path, ours != nullptr ? *ours : *theirs, renamer);
            }
        } else if (ours->to == theirs->to) {
            unite(vanished.path, *ours, *theirs);
        } else {
            ask_for_name(vanished.path, *ours, *theirs);
        }
    }

    /// Both gave it the same name: what each changed of it meets there.
    void unite(const std::string& path, const Move& ours, const Move& theirs) {
        if (*ours.entry == *theirs.entry) {
            return;
        }
        Planned target;
        target.versions = {entry_at(reader_, roots_.base, path), ours.entry, theirs.entry};
        target.versions.base->name = ours.entry->name;
        plan_.put(ours.to, std::move(target));
        ++referee_.statistics().renames_followed;
    }

    void ask_for_name(const std::string& path, const Move& ours, const Move& theirs) {
        const auto choice =
            referee_.ask({path, MergeField::name, "both renamed it", {path, ours.to, theirs.to}});
        if (choice && choice != Choice::ours) {
            drop(ours.to, Version::ours);
        }
        if (choice && choice != Choice::theirs) {
            drop(theirs.to, Version::theirs);
        }
        if (choice == Choice::base) {
            restore(path);
        }
    }

    /// One side renamed what the other removed. A new name alone is no change that a removal could
    /// lose, but somebody should know; more than that is a conflict.
    void keep(const std::string& path, const Move& move, Version renamer) {
        const auto remover = other_side(renamer);
        if (entry_at(reader_, roots_.of(remover), move.to)) {
            return; // both have something there
        }
        auto before = entry_at(reader_, roots_.base, path);
        if (same_but_time(*move.entry, *before)) {
            referee_.note(
                move.to,
                fmt::format(
                    "{} renamed {}, which {} removed: it stays",
                    name_of(renamer),
                    printable(path),
                    name_of(remover)
                )
            );
            return;
        }
        Triple<const Entry*> versions;
        versions.base = &*before;
        versions.of(renamer) = &*move.entry;
        const auto what = fmt::format(
            "{} removed {}, {} renamed it to this and changed it",
            name_of(remover),
            printable(path),
            name_of(renamer)
        );
        const auto choice = referee_.clash(move.to, MergeField::presence, what, versions);
        if (choice && version_of(*choice) != renamer) {
            drop(move.to, renamer);
        }
        if (choice == Choice::base) {
            restore(path);
        }
    }

    /// Puts back what both removed.
    void restore(const std::string& path) {
        Planned restored;
        restored.versions.ours = entry_at(reader_, roots_.base, path);
        plan_.put(path, std::move(restored));
    }

    /// Leaves out what one side has at `path`.
    void drop(const std::string& path, Version side) {
        const auto other = other_side(side);
        Planned planned;
        planned.versions.of(other) = entry_at(reader_, roots_.of(other), path);
        plan_.put(path, std::move(planned));
    }

    DirectoryReader& reader_;
    const Triple<std::optional<Digest>>& roots_;
    Plan& plan_;
    Referee& referee_;
    Triple<Moves> moves_;
};

} // namespace

void plan_renames(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    const Survey& survey,
    Plan& plan,
    Referee& referee
) {
    if (survey.lost_edits.empty() && survey.vanished.empty()) {
        return;
    }
    RenamePlanner(reader, roots, plan, referee).plan(survey);
}

} // namespace slipway::tree::merging
