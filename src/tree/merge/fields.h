// Merging one inode field by field.
#pragma once

#include <string>

#include "tree/merge/cursor.h"
#include "tree/merge/referee.h"

namespace slipway::tree::merging {

/// Node and attributes are equal; names and link ids do not matter.
bool same_inode(const Entry& a, const Entry& b);

/// As same_inode(), or they differ in time alone: no edit that a merge would have to keep.
bool same_but_time(const Entry& a, const Entry& b);
bool same_but_time(const Attributes& a, const Attributes& b);

/// The same of two directories, with all in them.
bool same_but_time(DirectoryReader& reader, const Digest& before, const Digest& after);

/// The fields of one path. Each is merged by itself: the side that changed it counts. If both did,
/// each in its own way, the later time counts, and anything else is a conflict.
class FieldMerger {
public:
    /// With `prefer`, that side is taken instead of a conflict, with a note.
    FieldMerger(Referee& referee, std::string path, Favour prefer, Removable removable)
        : referee_(referee), path_(std::move(path)), prefer_(prefer), removable_(removable) {}

    /// Only the base may be null: both sides added the path.
    Attributes attributes(const Triple<const Attributes*>& versions);

    /// One field; a null base differs from everything. `print` gives a value as text.
    template <typename T, typename Print>
    const T&
    pick(MergeField field, const std::string& detail, const Triple<const T*>& values, Print print);

    /// A resolution says that the path is left out.
    bool removed() const { return removed_; }

private:
    Time time(const Triple<const Attributes*>& versions) const;
    std::vector<Xattr> xattrs(const Triple<const Attributes*>& versions);

    Version decide(MergeConflict question, bool in_base);

    Referee& referee_;
    std::string path_;
    Favour prefer_;
    Removable removable_;
    bool removed_ = false;
};

template <typename T, typename Print>
const T& FieldMerger::pick(
    MergeField field, const std::string& detail, const Triple<const T*>& values, Print print
) {
    const auto [base, ours, theirs] = values;
    if (*ours == *theirs || (base != nullptr && *theirs == *base)) {
        return *ours;
    }
    if (base != nullptr && *ours == *base) {
        return *theirs;
    }
    const auto version = decide({path_, field, detail, printed(values, print)}, base != nullptr);
    return *values.of(version);
}

} // namespace slipway::tree::merging
