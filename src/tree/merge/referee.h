// Where all that a merge cannot decide by itself comes together.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "tree/merge/merge.h"

namespace slipway::tree::merging {

/// What may happen to the path a question is about.
enum class Removable { yes, no };

/// Answers questions from the caller's resolutions and rules, and gathers those that are open,
/// with notes and statistics. One thread.
class Referee {
public:
    explicit Referee(const MergeOptions& options) : options_(options) {}

    /// The resolution of a conflict. Without one, the conflict is recorded, also if it says to
    /// remove what is not Removable. Where the base has no value, to take the base is to remove.
    std::optional<Choice> ask(MergeConflict question, Removable removable = Removable::yes);

    /// The resolution for a path, if there is one.
    std::optional<Choice> decided(std::string_view path);

    /// Records a conflict.
    void add(MergeConflict conflict);

    /// As ask(), for a path that both sides want to be something else. Rules that take a side,
    /// or whose file is made anew, decide for files.
    std::optional<Choice> clash(
        const std::string& path,
        MergeField field,
        const std::string& detail,
        const Triple<const Entry*>& versions
    );

    /// The side that the rule for a path takes, if it takes one: it is noted.
    std::optional<Choice> ruled(const std::string& path);

    void note(std::string path, std::string text);
    void due(std::string generator, std::string path);

    /// Until the next call, conflicts are about the members of one group of hard links, and equal
    /// ones are recorded once.
    void set_group(std::optional<std::size_t> group) { group_ = group; }

    std::optional<std::size_t> group() const { return group_; }

    bool conflicted() const { return !result_.conflicts.empty(); }

    MergeStatistics& statistics() { return result_.statistics; }

    const MergeRule* rule(std::string_view path) const { return options_.rules.find(path); }

    /// Takes over what another gathered.
    void absorb(Referee other);

    /// All that was gathered, in order.
    MergeResult finish(std::optional<Digest> tree) &&;

private:
    using Key = std::tuple<
        std::size_t,
        MergeField,
        std::string,
        std::optional<std::string>,
        std::optional<std::string>,
        std::optional<std::string>>;

    void note_idle_choices();

    const MergeOptions& options_;
    MergeResult result_;
    std::optional<std::size_t> group_;
    std::set<Key> of_groups_;
    std::set<std::string, std::less<>> used_choices_;
};

/// Three values of one field as a question.
template <typename Print, typename T>
Triple<std::optional<std::string>> printed(const Triple<const T*>& values, Print print) {
    Triple<std::optional<std::string>> texts;
    for (const auto version : all_versions) {
        if (values.of(version) != nullptr) {
            texts.of(version) = print(*values.of(version));
        }
    }
    return texts;
}

} // namespace slipway::tree::merging
