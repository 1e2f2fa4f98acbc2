// Trees for the tests of merging: written as paths, kept as objects.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tree/memory_contents.h"
#include "tree/merge/merge.h"
#include "tree/objects.h"

namespace slipway::tree {

/// A whole tree in memory: directories, and names of inodes. Paths as "/etc/passwd"; "" is the
/// root.
class TestTree {
public:
    struct Inode {
        Node node;
        Attributes attributes;
    };

    TestTree() { directories_[""] = {0755, 0, 0, {}, {}}; }

    // Each adds or replaces what is at `path`, with the directories above it. Texts are shorter
    // than a chunk.
    TestTree& file(const std::string& path, std::string_view text);
    TestTree& symlink(const std::string& path, const std::string& target);
    TestTree& node(const std::string& path, const Node& node, const Attributes& attributes);
    TestTree& directory(const std::string& path);

    /// Another name of the inode at `old_path`.
    TestTree& link(const std::string& path, const std::string& old_path);

    /// With all beneath.
    TestTree& remove(const std::string& path);

    /// With all beneath; `path` is not there and not beneath `old_path`.
    TestTree& rename(const std::string& old_path, const std::string& path);

    /// Makes a name an inode of its own.
    TestTree& split(const std::string& path);

    /// Changes the content of the inode.
    TestTree& edit(const std::string& path, std::string_view text);

    Attributes& attributes(const std::string& path);

    const Inode& inode(const std::string& path) const { return inodes_[names_.at(path)]; }

    bool is_directory(const std::string& path) const { return directories_.count(path) != 0; }

    bool has(const std::string& path) const {
        return is_directory(path) || names_.count(path) != 0;
    }

    bool linked(const std::string& path, const std::string& other) const {
        return names_.at(path) == names_.at(other);
    }

    /// It has other names.
    bool has_links(const std::string& path) const;

    const std::map<std::string, std::size_t>& names() const { return names_; }

    const std::map<std::string, Attributes>& directories() const { return directories_; }

    /// As objects; equal trees have one digest.
    Digest store(MemoryContents& contents) const;

    /// Reads a tree, and checks that its hard links are canonical.
    static TestTree load(const Contents& contents, const Digest& tree);

    /// One line for every path.
    std::string listing() const;

private:
    void make_parents(const std::string& path);
    std::map<std::size_t, LinkId> link_ids() const;
    void check_links(const std::map<std::string, std::optional<LinkId>>& ids) const;

    std::map<std::string, Attributes> directories_;
    std::map<std::string, std::size_t> names_;
    std::vector<Inode> inodes_;
    std::map<Digest, std::string> texts_; // of files
};

/// Keeps what a merge makes where the trees are.
class MemorySink final : public MergeSink {
public:
    explicit MemorySink(MemoryContents& contents) : contents_(contents) {}

    Digest add(Kind kind, Buffer encoded) override;
    File add_file(Buffer bytes) override;

    std::size_t added() const { return added_; }

private:
    MemoryContents& contents_;
    std::size_t added_ = 0;
};

/// Merges sets of lines: those that a side removed go, those that a side added come, sorted. A line
/// "clash ..." that both sides added differently is a conflict.
class LineSetDriver final : public MergeDriver {
public:
    explicit LineSetDriver(Absence absence = Absence::removal) : absence_(absence) {}

    std::string_view name() const override { return "set"; }

    Absence absence() const override { return absence_; }

    DriverResult merge(const DriverInput& input, Favour favour) const override;
    mutable std::size_t calls = 0;

private:
    Absence absence_;
};

} // namespace slipway::tree
