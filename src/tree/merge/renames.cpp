#include "tree/merge/renames.h"

#include <fmt/format.h>

#include "base/text.h"
#include "tree/merge/moves.h"

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
            follow(lost);
        }
        for (const auto& vanished : survey.vanished) {
            compare(vanished);
        }
    }

private:
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

    /// Both removed it: perhaps each gave it another name.
    void compare(const Vanished& vanished) {
        const auto& content = vanished.content.content;
        const auto* ours = moves_.ours.find(vanished.path, content);
        const auto* theirs = moves_.theirs.find(vanished.path, content);
        if (ours == nullptr || theirs == nullptr || ours->to == theirs->to) {
            return;
        }
        const auto choice = referee_.ask(
            {vanished.path,
             MergeField::name,
             "both renamed it",
             {vanished.path, ours->to, theirs->to}}
        );
        if (choice && choice != Choice::ours) {
            drop(ours->to, Version::ours);
        }
        if (choice && choice != Choice::theirs) {
            drop(theirs->to, Version::theirs);
        }
        if (choice == Choice::base) {
            Planned restored;
            restored.versions.ours = entry_at(reader_, roots_.base, vanished.path);
            plan_.put(vanished.path, std::move(restored));
        }
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
