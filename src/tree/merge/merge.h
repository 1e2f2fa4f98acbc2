// The three-way merge of whole trees, without a checkout (docs/merge.md).
//
// merge() decides by digest first: a subtree that one side kept is taken from the other unopened.
// What is left is merged directory by directory, and each inode field by field. It reads the
// directories that both sides changed and, only where names of one inode or numbers of owners
// changed, those that one side changed. Memory: depth times the size of a directory, a bounded
// cache, and what is kept of conflicts, changed hard links and sought renames.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stream.h"
#include "tree/merge/conflict.h"
#include "tree/merge/driver.h"
#include "tree/merge/owners.h"
#include "tree/merge/resolutions.h"
#include "tree/merge/rules.h"
#include "tree/objects.h"

namespace slipway::tree {

/// Takes what a merge makes. ingest_sink.h puts a tree::Ingest behind it.
class MergeSink {
public:
    virtual ~MergeSink() = default;

    /// Adds an encoded directory.
    virtual Digest add(Kind kind, Buffer encoded) = 0;

    /// Adds the payload of a file.
    virtual File add_file(Buffer bytes) = 0;
};

constexpr std::uint64_t longest_driver_input = 16ULL << 20U;

struct MergeOptions {
    MergeRules rules = MergeRules::defaults();
    MergeDrivers drivers{};
    Resolutions resolutions{};
    OwnerMap owners{};
    std::uint64_t longest_input = longest_driver_input; ///< longer files are conflicts
};

/// The roots. No base: the trees are unrelated, and all of both is added.
struct MergeTrees {
    std::optional<Digest> base;
    Digest ours;
    Digest theirs;
};

/// A decision worth telling.
struct MergeNote {
    std::string path;
    std::string text;
    friend bool operator==(const MergeNote&, const MergeNote&) = default;
};

/// A file that a program should make anew from the merged tree.
struct Regeneration {
    std::string name; ///< of the generator: "ld.so.cache"
    std::string path;
    friend bool operator==(const Regeneration&, const Regeneration&) = default;
};

struct MergeStatistics {
    std::size_t directories_read = 0; ///< decoded; those in the cache are not counted again
    std::size_t directories_written = 0;
    std::size_t files_merged = 0; ///< by drivers
    std::size_t renames_followed = 0;
    std::size_t links_renewed = 0; ///< names whose hard links had to be looked at
};

struct MergeResult {
    std::optional<Digest> tree;              ///< set if there is no conflict
    std::vector<MergeConflict> conflicts;    ///< all of them, by path
    std::vector<MergeNote> notes;            ///< by path
    std::vector<Regeneration> regenerations; ///< by name, then path
    MergeStatistics statistics;
};

/// Merges what ours and theirs changed since the base. `contents` holds the three trees and the
/// files that both sides changed. Only if the result has a tree is what `sink` took of use.
/// Throws Fault::corrupt for trees that are damaged or too deep and Fault::not_found for objects
/// that are missing.
MergeResult merge(
    const Contents& contents, MergeSink& sink, const MergeTrees& trees, const MergeOptions& options
);

} // namespace slipway::tree
