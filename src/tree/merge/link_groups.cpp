#include "tree/merge/link_groups.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "tree/merge/fields.h"

namespace slipway::tree::merging {

/// Two groups of two versions that share paths.
struct LinkGroups::Candidate {
    std::size_t left = 0;
    std::size_t right = 0;
    std::size_t shared = 0;
    std::size_t first_record = 0;
    bool surely = false; // they share a path without a record
    bool equal = false;

    /// The better match first: an inode that was left as it was is the same inode.
    auto order() const {
        return std::tuple(!surely, !equal, -static_cast<std::ptrdiff_t>(shared), first_record);
    }
};

LinkGroups::LinkGroups(const std::vector<LinkRecord>& records) : records_(records) {
    for (const auto& record : records_) {
        recorded_firsts_.insert(LinkId::of_path(record.path));
    }
    for (const auto version : all_versions) {
        make_groups(version);
    }
    add_unrecorded();
    count_kept_names(Version::ours);
    count_kept_names(Version::theirs);
    label_base();
    match(Version::base, Version::ours);
    match(Version::base, Version::theirs);
    match(Version::ours, Version::theirs);
    label_rest(Version::ours);
    label_rest(Version::theirs);
    const auto labels = by_label_.theirs.size();
    for (const auto version : all_versions) {
        by_label_.of(version).resize(labels, none);
        parts_.of(version).resize(labels);
    }
    find_shared();
    joined_.resize(labels);
    std::iota(joined_.begin(), joined_.end(), Label{0});
    for (const auto side : both_sides) {
        find_parts(side);
        join_moved(side);
    }
}

std::size_t LinkGroups::group_of(std::size_t record, const Entry& entry, Version version) {
    auto& groups = groups_.of(version);
    const auto add = [&] {
        groups.push_back({&entry, record});
        return groups.size() - 1;
    };
    if (!entry.link) {
        return add();
    }
    const auto at = by_id_.of(version).find(*entry.link);
    if (at != by_id_.of(version).end()) {
        auto& group = groups[at->second];
        group.second_record = std::min(group.second_record, record);
        return at->second;
    }
    const auto index = add();
    groups[index].unrecorded = recorded_firsts_.count(*entry.link) == 0;
    by_id_.of(version).emplace(*entry.link, index);
    return index;
}

void LinkGroups::make_groups(Version version) {
    for (std::size_t record = 0; record < records_.size(); ++record) {
        const auto& entry = records_[record].versions.of(version);
        const auto there = entry && !directory_of(&*entry);
        of_records_.of(version).push_back(there ? group_of(record, *entry, version) : none);
    }
}

/// A group that has members without a record is there in every version, and holds the same in all.
void LinkGroups::add_unrecorded() {
    for (const auto version : all_versions) {
        for (const auto& [id, index] : by_id_.of(version)) {
            const auto& group = groups_.of(version)[index];
            if (!group.unrecorded) {
                continue;
            }
            for (const auto other : all_versions) {
                if (by_id_.of(other).emplace(id, groups_.of(other).size()).second) {
                    groups_.of(other).push_back({group.inode, group.first_record});
                    groups_.of(other).back().unrecorded = true;
                }
            }
        }
    }
}

void LinkGroups::count_kept_names(Version side) {
    for (std::size_t record = 0; record < records_.size(); ++record) {
        const auto index = of_records_.of(side)[record];
        const auto& versions = records_[record].versions;
        const auto kept = !versions.base || of_records_.of(other_side(side))[record] != none;
        if (index != none && kept) {
            ++groups_.of(side)[index].kept_names;
        }
    }
}

void LinkGroups::label_base() {
    auto& groups = groups_.base;
    for (std::size_t index = 0; index < groups.size(); ++index) {
        groups[index].label = index;
        by_label_.base.push_back(index);
    }
    by_label_.ours.resize(groups.size(), none);
    by_label_.theirs.resize(groups.size(), none);
}

std::vector<LinkGroups::Candidate> LinkGroups::candidates(Version left, Version right) const {
    std::vector<Candidate> list;
    std::unordered_map<std::uint64_t, std::size_t> places;
    for (std::size_t record = 0; record < records_.size(); ++record) {
        const auto a = of_records_.of(left)[record];
        const auto b = of_records_.of(right)[record];
        if (a == none || b == none) {
            continue;
        }
        const auto [at, added] = places.emplace(a << 32U | b, list.size());
        if (added) {
            const auto equal = same_inode(*groups_.of(left)[a].inode, *groups_.of(right)[b].inode);
            list.push_back({a, b, 0, record, false, equal});
        }
        ++list[at->second].shared;
    }
    add_sure_candidates(left, right, list);
    std::sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
        return a.order() < b.order();
    });
    return list;
}

/// Groups that share paths without a record have one id; they need share no path with one.
void LinkGroups::add_sure_candidates(Version left, Version right, std::vector<Candidate>& list)
    const {
    for (const auto& [id, index] : by_id_.of(left)) {
        const auto at = by_id_.of(right).find(id);
        if (groups_.of(left)[index].unrecorded && at != by_id_.of(right).end()) {
            const auto record = groups_.of(left)[index].first_record;
            list.push_back({index, at->second, 0, record, true, true});
        }
    }
}

/// Gives groups of `right` the labels of those of `left`, best first. Between the two sides only
/// groups are matched that the base does not know.
void LinkGroups::match(Version left, Version right) {
    for (const auto& candidate : candidates(left, right)) {
        auto& from = groups_.of(left)[candidate.left];
        auto& to = groups_.of(right)[candidate.right];
        if (to.label != none) {
            continue;
        }
        if (left == Version::base) {
            if (by_label_.of(right)[from.label] == none) {
                to.label = from.label;
                by_label_.of(right)[from.label] = candidate.right;
            }
        } else if (from.label == none) {
            from.label = to.label = by_label_.ours.size();
            by_label_.ours.push_back(candidate.left);
            by_label_.theirs.push_back(candidate.right);
        }
    }
}

void LinkGroups::label_rest(Version side) {
    auto& groups = groups_.of(side);
    for (std::size_t index = 0; index < groups.size(); ++index) {
        if (groups[index].label == none) {
            groups[index].label = by_label_.of(side).size();
            by_label_.of(side).push_back(index);
            by_label_.of(other_side(side)).push_back(none);
        }
    }
}

void LinkGroups::find_parts(Version side) {
    for (std::size_t record = 0; record < records_.size(); ++record) {
        const auto base = label(record, Version::base);
        const auto now = label(record, side);
        if (!base || !now) {
            continue;
        }
        auto& parts = parts_.of(side)[*base];
        parts.several = parts.several || (parts.first != none && parts.first != *now);
        parts.first = *now;
    }
    for (const auto& group : groups_.base) {
        auto& parts = parts_.of(side)[group.label];
        if (group.unrecorded) { // a part of it has stayed
            parts.several = parts.several || (parts.first != none && parts.first != group.label);
            parts.first = group.label;
        }
    }
}

void LinkGroups::join_moved(Version side) {
    for (const auto& group : groups_.base) {
        if (const auto to = moved(group.label, side)) {
            joined_[joined(group.label)] = joined(*to);
        }
    }
}

void LinkGroups::find_shared() {
    shared_.resize(by_label_.base.size());
    for (std::size_t record = 0; record < records_.size(); ++record) {
        const auto base = label(record, Version::base);
        if (base && label(record, Version::ours) == base &&
            label(record, Version::theirs) == base) {
            shared_[*base] = true;
        }
    }
}

Label LinkGroups::joined(Label label) const {
    while (joined_[label] != label) {
        joined_[label] = joined_[joined_[label]];
        label = joined_[label];
    }
    return label;
}

const LinkGroups::Group* LinkGroups::group(std::size_t record, Version version) const {
    const auto index = of_records_.of(version)[record];
    return index == none ? nullptr : &groups_.of(version)[index];
}

std::optional<Label> LinkGroups::label(std::size_t record, Version version) const {
    const auto* found = group(record, version);
    return found == nullptr ? std::nullopt : std::optional(found->label);
}

std::optional<Label> LinkGroups::moved(Label label, Version side) const {
    const auto& parts = parts_.of(side)[label];
    const auto whole = parts.first != none && !parts.several && parts.first != label;
    return whole ? std::optional(parts.first) : std::nullopt;
}

bool LinkGroups::torn(Label label, Version side) const {
    const auto* before = inode(label, Version::base);
    const auto* now = inode(label, side);
    return parts_.of(side)[label].several && !unrecorded(label) &&
           (before == nullptr || now == nullptr || !same_inode(*before, *now));
}

const Entry* LinkGroups::inode(Label label, Version version) const {
    const auto index = by_label_.of(version)[label];
    return index == none ? nullptr : groups_.of(version)[index].inode;
}

std::optional<LinkId> LinkGroups::unrecorded(Label label) const {
    for (const auto version : all_versions) {
        const auto index = by_label_.of(version)[label];
        if (index != none && groups_.of(version)[index].unrecorded) {
            return groups_.of(version)[index].inode->link;
        }
    }
    return std::nullopt;
}

bool LinkGroups::lives_on(Label label, Version side) const {
    const auto* before = inode(label, Version::base);
    const auto* now = inode(label, side);
    return shared_[label] && before != nullptr && now != nullptr && same_inode(*before, *now);
}

std::size_t LinkGroups::kept_names(std::size_t record, Version side) const {
    const auto* found = group(record, side);
    return found == nullptr ? 0 : found->kept_names + (found->unrecorded ? 1 : 0);
}

std::optional<std::string> LinkGroups::describe(std::size_t record, Version version) const {
    const auto* found = group(record, version);
    if (found == nullptr) {
        return std::nullopt;
    }
    if (!found->inode->link) {
        return "not linked";
    }
    const auto other = found->first_record == record ? found->second_record : found->first_record;
    return other == none ? "linked" : "linked with " + records_[other].path;
}

} // namespace slipway::tree::merging
