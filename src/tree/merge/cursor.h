// Three trees side by side.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/stream.h"
#include "tree/merge/triple.h"
#include "tree/objects.h"

namespace slipway::tree::merging {

/// Reads directories, and keeps the first that it read up to a number of entries: a merge goes over
/// the same directories more than once.
class DirectoryReader {
public:
    explicit DirectoryReader(const Contents& contents) : contents_(contents) {}

    std::shared_ptr<const Directory> read(const Digest& id);

    std::size_t read_count() const { return read_count_; }

    const Contents& contents() const { return contents_; }

private:
    const Contents& contents_;
    std::unordered_map<Digest, std::shared_ptr<const Directory>> kept_;
    std::size_t kept_entries_ = 0;
    std::size_t read_count_ = 0;
};

/// What one name is in the three versions; null: not there.
struct Names {
    const std::string* name = nullptr;
    Triple<const Entry*> entries;
};

/// Goes through the directories of three trees at once, by names, in the order of bytes. Whoever
/// drives it decides which directories to enter. One on each level is held at a time.
class Cursor {
public:
    /// `path` is that of the directory that is entered first: "" for the root.
    explicit Cursor(DirectoryReader& reader, std::string path = {})
        : reader_(reader), path_(std::move(path)) {}

    /// Throws Fault::corrupt if it is too deep.
    void enter(const std::string& name, const Triple<std::optional<Digest>>& directories);

    /// The next name of the innermost directory; valid until it is left.
    std::optional<Names> next();

    void leave();

    bool inside() const { return !levels_.empty(); }

    /// The innermost directory in the three versions; null: not there.
    const Triple<std::shared_ptr<const Directory>>& directories() const {
        return levels_.back().directories;
    }

    /// "" for the root.
    const std::string& path() const { return path_; }

    std::string path_of(const std::string& name) const { return path_ + "/" + name; }

private:
    struct Level {
        Triple<std::shared_ptr<const Directory>> directories;
        Triple<std::size_t> places;
        std::size_t outer_path = 0; // the length of the path outside
    };

    DirectoryReader& reader_;
    std::string path_;
    std::vector<Level> levels_;
};

/// The directory that an entry names; nothing if it is none.
std::optional<Digest> directory_of(const Entry* entry);
Triple<std::optional<Digest>> directories_of(const Triple<const Entry*>& entries);

std::optional<Entry> copy_of(const Entry* entry);

/// A part of a tree that one side changed; nothing: not there.
struct ChangedSubtree {
    std::string path;
    std::optional<Digest> before;
    std::optional<Digest> after;
};

/// Calls `each` for every path that is no directory on both sides and differs, or is one on a side
/// and something else on the other. Null: not there, or a directory. Equal subtrees are not opened.
using EachChange =
    std::function<void(const std::string& path, const Entry* before, const Entry* after)>;
void for_each_change(
    DirectoryReader& reader, const ChangedSubtree& subtree, const EachChange& each
);

} // namespace slipway::tree::merging
