// The second pass: making the merged tree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tree/merge/cursor.h"
#include "tree/merge/leaf.h"
#include "tree/merge/links.h"
#include "tree/merge/plan.h"
#include "tree/merge/referee.h"

namespace slipway::tree::merging {

/// Merges directory by directory, parents after what is in them. Nothing is written once there is
/// a conflict.
class Builder {
public:
    /// A trial writes no directory; it tells conflicts and survivors.
    enum class Mode { trial, write };

    struct Surroundings {
        DirectoryReader& reader;
        MergeSink& sink;
        const MergeOptions& options;
        const Plan& plan;
        Referee& referee;
    };

    Builder(const Surroundings& surroundings, Mode mode);

    /// The merged root; of no use after a trial or a conflict.
    Digest build(const Triple<std::optional<Digest>>& roots);

    /// Planned members of groups of hard links that are in the result, by path.
    std::vector<Survivor> take_survivors() { return std::move(survivors_); }

private:
    /// A directory that is being merged.
    struct Level {
        std::string name;
        std::vector<Entry> entries{};
        std::optional<Version> removed_by{}; // this side has it no more, the base had it
        std::optional<Version> whole{};      // it is taken as it is in this version
    };

    /// A name in the innermost directory.
    struct Place {
        const std::string& name;
        std::string path;
        const Planned* planned;
    };

    using Entries = Triple<const Entry*>;
    using Directories = Triple<std::optional<Digest>>;

    void visit(const Names& names);
    void visit_added(const Place& place, const Entries& entries, Version removed_by);
    void visit_whole(const Place& place, const Entries& entries, Version version);
    void visit_directory(const Place& place, const Entries& entries);
    void visit_replaced(const Place& place, const Entries& entries, Version side);
    void visit_leaf(const Place& place, const Entries& entries);
    void clash(const Place& place, const Entries& entries);
    void take(const Place& place, const Entries& entries, Version version);
    void descend(const Place& place, const Directories& directories);
    void descend_whole(const Place& place, const Directories& directories, Version version);
    void append(const Place& place, Entry entry);
    void append_directory(const std::string& name, const Digest& directory);

    void create_planned();
    void close();
    std::optional<Attributes> merged_attributes(const Level& level);
    bool emptied(const Level& level) const;
    std::optional<Attributes> kept_attributes(const Level& level, Version removed_by);
    Attributes attributes_of(Version version) const;

    DirectoryReader& reader_;
    MergeSink& sink_;
    const MergeOptions& options_;
    const Plan& plan_;
    Referee& referee_;
    Mode mode_;
    Cursor cursor_;
    LeafMerger leaves_;
    std::vector<Level> levels_;
    std::vector<Survivor> survivors_;
    Digest root_;
};

} // namespace slipway::tree::merging
