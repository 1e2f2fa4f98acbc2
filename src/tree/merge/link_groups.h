// Which inode of one version is which inode of another.
//
// A LinkId is made from the first path of a group, so it changes when that path goes or comes:
// equal ids are no proof of one inode across versions, nor are different ids of two. Groups are
// matched by the paths they share instead, and each inode gets a label that holds for all three
// versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tree/merge/survey.h"

namespace slipway::tree::merging {

struct LinkHash {
    std::size_t operator()(const LinkId& link) const {
        return load_u64(std::as_bytes(std::span(link.bytes)));
    }
};

/// An inode of the merge. Each version has at most one group with a label.
using Label = std::size_t;

/// The groups of hard links in the records of a survey, which are complete: a group that has a
/// member without a record has its first member without one, and is known by one id in all versions
/// (if the first member of a group changes, so do all). Files with one name are groups too.
/// Time and memory: as sorting the records.
class LinkGroups {
public:
    /// `records` are sorted by path and outlive the groups.
    explicit LinkGroups(const std::vector<LinkRecord>& records);

    /// The label of a path in a version; nothing if it is not there or a directory.
    std::optional<Label> label(std::size_t record, Version version) const;

    /// One label for all labels that are one inode in the result, because a side joined them.
    Label joined(Label label) const;

    /// Where a side put all the paths that the base has under `label`, if it is one other place.
    std::optional<Label> moved(Label label, Version side) const;

    /// True if a side gave the inode that the base knows as `label` away in parts, and none of them
    /// is what the base had.
    bool torn(Label label, Version side) const;

    /// Null: no group of the version has the label.
    const Entry* inode(Label label, Version version) const;

    /// Not all of its paths have records. The id is its id in all three versions.
    std::optional<LinkId> unrecorded(Label label) const;

    /// How many of the paths of the record's group on `side` the other side lets live.
    std::size_t kept_names(std::size_t record, Version side) const;

    /// True if `side` left the inode of the base as it was, and both sides know it at some path.
    bool lives_on(Label label, Version side) const;

    /// More than any label.
    std::size_t label_count() const { return joined_.size(); }

    /// "linked with /usr/bin/perl", "not linked"; nothing if the path is not there.
    std::optional<std::string> describe(std::size_t record, Version version) const;

private:
    static constexpr std::size_t none = SIZE_MAX;

    struct Group {
        const Entry* inode = nullptr;
        std::size_t first_record = 0;
        std::size_t second_record = none;
        std::size_t label = none;
        std::size_t kept_names = 0;
        bool unrecorded = false;
    };

    /// Where the paths of a base label are on one side.
    struct Parts {
        std::size_t first = none; // label
        bool several = false;
    };

    struct Candidate;

    void make_groups(Version version);
    std::size_t group_of(std::size_t record, const Entry& entry, Version version);
    void add_unrecorded();
    void count_kept_names(Version side);
    void label_base();
    std::vector<Candidate> candidates(Version left, Version right) const;
    void add_sure_candidates(Version left, Version right, std::vector<Candidate>& list) const;
    void match(Version left, Version right);
    void label_rest(Version side);
    void find_parts(Version side);
    void join_moved(Version side);
    void find_shared();
    const Group* group(std::size_t record, Version version) const;

    const std::vector<LinkRecord>& records_;
    std::unordered_set<LinkId, LinkHash> recorded_firsts_;
    Triple<std::unordered_map<LinkId, std::size_t, LinkHash>> by_id_;
    Triple<std::vector<std::size_t>> of_records_; // group by record
    Triple<std::vector<Group>> groups_;
    Triple<std::vector<std::size_t>> by_label_; // group by label
    Triple<std::vector<Parts>> parts_;          // by label
    std::vector<bool> shared_;                  // by label: some path has it in all versions
    mutable std::vector<Label> joined_;         // a forest of sets
};

} // namespace slipway::tree::merging
