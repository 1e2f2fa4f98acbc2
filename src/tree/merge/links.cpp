#include "tree/merge/links.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tree/merge/fields.h"

namespace slipway::tree::merging {

namespace {

std::string name_at(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// An inode of the merge as one version of a path; its links are decided apart.
std::optional<Entry> version_at(const std::string& path, const Entry* inode) {
    if (inode == nullptr) {
        return std::nullopt;
    }
    return Entry{name_at(path), inode->node, inode->attributes, std::nullopt};
}

bool is_leaf(const std::optional<Entry>& entry) {
    return entry && !directory_of(&*entry);
}

} // namespace

void LinkPlanner::plan_groups(Referee& referee) {
    for (std::size_t record = 0; record < records_.size(); ++record) {
        plan_record(record, referee);
    }
    check_separations(referee);
}

void LinkPlanner::plan_record(std::size_t record, Referee& referee) {
    const auto& [path, versions] = records_[record];
    Planned planned;
    for (const auto version : all_versions) {
        planned.versions.of(version) = versions.of(version);
        if (auto& entry = planned.versions.of(version)) {
            entry->link.reset();
        }
    }
    const auto ours = groups_.label(record, Version::ours);
    const auto theirs = groups_.label(record, Version::theirs);
    std::optional<Label> label;
    if (ours && theirs) {
        label = merged_label(record, planned, referee);
    } else if (ours || theirs) {
        const auto present = ours ? Version::ours : Version::theirs;
        label = groups_.label(record, present);
        if (is_leaf(versions.base)) {
            plan_removed(record, present, planned);
        } else {
            plan_added(record, present, planned, referee);
        }
    }
    if (!label && !ours && !theirs) {
        label = groups_.label(record, Version::base); // it may be restored
    }
    if (label) {
        planned.group = groups_.joined(*label);
    }
    plan_.put(path, std::move(planned));
}

/// Both sides have the path: three-way, as any field. Where one side joined what the other kept
/// apart, both mean the same.
std::optional<Label>
LinkPlanner::merged_label(std::size_t record, Planned& planned, Referee& referee) {
    const auto base = groups_.label(record, Version::base);
    const auto ours = *groups_.label(record, Version::ours);
    const auto theirs = *groups_.label(record, Version::theirs);
    if (ours == theirs) {
        if (base && *base != ours && groups_.inode(ours, Version::base) != nullptr) {
            const auto* inode = groups_.inode(ours, Version::base);
            planned.versions.base = version_at(records_[record].path, inode);
        }
        return ours;
    }
    if (base && (*base == ours || *base == theirs)) {
        const auto label = *base == ours ? theirs : ours;
        plan_moved(record, label, planned);
        return label;
    }
    if (groups_.moved(theirs, Version::ours) == ours) {
        return ours;
    }
    if (groups_.moved(ours, Version::theirs) == theirs) {
        return theirs;
    }
    return ask(record, planned, referee);
}

/// Each side links the path with something else.
std::optional<Label> LinkPlanner::ask(std::size_t record, Planned& planned, Referee& referee) {
    const auto& [path, versions] = records_[record];
    MergeConflict question{path, MergeField::links, {}, {}};
    for (const auto version : all_versions) {
        question.values.of(version) = groups_.describe(record, version);
    }
    // What its fields are is not asked as well.
    const auto choice = referee.ask(std::move(question));
    if (!choice) {
        open_.insert(record);
    }
    const auto undecided = versions.ours ? Choice::ours : Choice::theirs;
    const auto version = version_of(choice.value_or(undecided));
    const auto taken = version ? planned.versions.of(*version) : std::nullopt;
    planned.versions = {taken, taken, taken};
    return version ? groups_.label(record, *version) : std::nullopt;
}

/// One side took a name away. What the other changed is kept by the other names of its inode.
void LinkPlanner::plan_removed(std::size_t record, Version present, Planned& planned) {
    if (groups_.kept_names(record, present) > 0) {
        planned.versions.of(present) = planned.versions.base;
    }
}

/// One side gave an inode another name: it holds what the other side made of the inode.
void LinkPlanner::plan_added(
    std::size_t record, Version present, Planned& planned, Referee& referee
) {
    const auto& [path, versions] = records_[record];
    const auto other = other_side(present);
    if (versions.base || versions.of(other)) {
        return; // a directory is there
    }
    const auto label = *groups_.label(record, present);
    if (groups_.torn(label, other)) {
        ask(record, planned, referee);
        return;
    }
    const auto* base = groups_.inode(label, Version::base);
    const auto* changed = groups_.inode(groups_.moved(label, other).value_or(label), other);
    planned.versions.base = version_at(path, base);
    planned.versions.of(other) = version_at(path, changed != nullptr ? changed : base);
}

/// One side took the path from its inode to another one.
void LinkPlanner::plan_moved(std::size_t record, Label label, Planned& planned) {
    const auto& [path, versions] = records_[record];
    const auto before = *groups_.label(record, Version::base);
    const auto mover =
        groups_.label(record, Version::ours) == label ? Version::ours : Version::theirs;
    const auto other = other_side(mover);
    const auto* base = groups_.inode(label, Version::base);
    if (!same_but_time(*versions.of(other), *versions.base)) {
        if (groups_.lives_on(before, mover)) {
            planned.prefer = mover == Version::ours ? Favour::ours : Favour::theirs;
        }
    } else if (base != nullptr) {
        const auto* changed = groups_.inode(label, other);
        planned.versions.base = version_at(path, base);
        planned.versions.of(other) = version_at(path, changed != nullptr ? changed : base);
    }
}

/// Names that were one inode and that a side took apart must not come together again.
void LinkPlanner::check_separations(Referee& referee) {
    struct First {
        Label ours;
        Label theirs;
    };

    std::map<std::pair<std::size_t, Label>, First> firsts;
    for (std::size_t record = 0; record < records_.size(); ++record) {
        auto* planned = plan_.find(records_[record].path);
        const auto base = groups_.label(record, Version::base);
        const auto ours = groups_.label(record, Version::ours);
        const auto theirs = groups_.label(record, Version::theirs);
        if (!planned->group || !base || !ours || !theirs || open_.contains(record)) {
            continue;
        }
        const auto at = firsts.emplace(std::pair(*planned->group, *base), First{*ours, *theirs});
        const auto& first = at.first->second;
        if (first.ours != *ours || first.theirs != *theirs) {
            ask(record, *planned, referee);
            planned->group = groups_.label_count() + record;
        }
    }
}

/// A group of the result.
struct LinkPlanner::Members {
    std::vector<Survivor> list;
    std::optional<LinkId> unrecorded{}; // it has members besides these, at least one
    const Entry* inode = nullptr;       // what those hold
    bool joined = false;                // some did not come from the group with that id
    Triple<bool> recorded{};            // in this version it also has members with a record

    const Entry& holds() const { return unrecorded ? *inode : list.front().entry; }
};

std::vector<LinkPlanner::Members> LinkPlanner::members_of(std::vector<Survivor> survivors) const {
    std::map<std::size_t, Members> groups;
    for (auto& survivor : survivors) {
        auto& members = groups[survivor.group];
        members.list.push_back(std::move(survivor));
    }
    for (std::size_t record = 0; record < records_.size(); ++record) {
        for (const auto version : all_versions) {
            const auto label = groups_.label(record, version);
            const auto id = label ? groups_.unrecorded(*label) : std::nullopt;
            if (!id) {
                continue;
            }
            auto& members = groups[groups_.joined(*label)];
            members.unrecorded = id;
            members.inode = groups_.inode(*label, version);
            members.recorded.of(version) = true;
        }
    }
    std::vector<Members> list;
    list.reserve(groups.size());
    for (auto& [group, members] : groups) {
        list.push_back(std::move(members));
    }
    return list;
}

/// True if all members come from the group with that id, which some side has.
bool LinkPlanner::all_of_id(const Members& members) const {
    const auto of_id = [&](const Survivor& survivor) {
        const auto at = std::lower_bound(
            records_.begin(),
            records_.end(),
            survivor.path,
            [](const LinkRecord& record, const std::string& path) {
                return path_before(record.path, path);
            }
        );
        return std::any_of(std::begin(both_sides), std::end(both_sides), [&](Version side) {
            const auto& entry = at->versions.of(side);
            return entry && entry->link == members.unrecorded;
        });
    };
    return std::all_of(members.list.begin(), members.list.end(), of_id);
}

/// True if the id that a group has in all versions is the one it has in the result: its first
/// member stays the first, and is not left alone. That is sure if a version has none with a record.
bool LinkPlanner::keeps_id(const Members& members) {
    const auto& [base, ours, theirs] = members.recorded;
    return !members.joined && (!members.list.empty() || !base || !ours || !theirs);
}

void LinkPlanner::find_unrecorded(
    DirectoryReader& reader, const std::optional<Digest>& base, std::vector<Members>& groups
) {
    std::unordered_map<LinkId, Members*, LinkHash> wanted;
    for (auto& members : groups) {
        if (members.unrecorded && !keeps_id(members)) {
            wanted.emplace(*members.unrecorded, &members);
        }
    }
    if (wanted.empty()) {
        return;
    }
    std::unordered_set<std::string> recorded;
    for (const auto& record : records_) {
        recorded.insert(record.path);
    }
    const auto take = [&](const std::string& path, const Entry*, const Entry* entry) {
        const auto at = entry->link ? wanted.find(*entry->link) : wanted.end();
        if (at == wanted.end() || recorded.count(path) != 0) {
            return;
        }
        auto version = version_at(path, entry);
        plan_.put(path, {{version, version, version}});
        at->second->list.push_back({path, 0, *version});
    };
    for_each_change(reader, {{}, std::nullopt, base}, take);
    for (auto& [id, members] : wanted) {
        members->unrecorded.reset();
        std::sort(
            members->list.begin(),
            members->list.end(),
            [](const Survivor& a, const Survivor& b) { return path_before(a.path, b.path); }
        );
    }
}

void LinkPlanner::plan_ids(
    DirectoryReader& reader,
    const std::optional<Digest>& base,
    std::vector<Survivor> survivors,
    Referee& referee
) {
    std::vector<Members> groups;
    for (auto& members : members_of(std::move(survivors))) {
        part(std::move(members), groups, referee);
    }
    for (auto& members : groups) {
        members.joined = members.unrecorded && !all_of_id(members);
    }
    find_unrecorded(reader, base, groups);
    for (const auto& members : groups) {
        name_members(members);
        referee.statistics().links_renewed += members.list.size();
    }
}

/// All names of one inode must hold the same: those that would not go their own way.
void LinkPlanner::part(Members members, std::vector<Members>& parts, Referee& referee) {
    const auto first_part = parts.size();
    auto list = std::exchange(members.list, {});
    if (members.unrecorded) {
        parts.push_back(std::move(members));
    }
    for (auto& survivor : list) {
        const auto with = std::find_if(
            parts.begin() + static_cast<std::ptrdiff_t>(first_part),
            parts.end(),
            [&](const Members& part) { return same_inode(survivor.entry, part.holds()); }
        );
        if (with != parts.end()) {
            with->list.push_back(std::move(survivor));
            continue;
        }
        if (parts.size() > first_part) {
            parts[first_part].recorded = {true, true, true};
            referee.note(
                survivor.path, "it is no longer one file with others, which would not hold the same"
            );
        }
        parts.push_back({});
        parts.back().list.push_back(std::move(survivor));
    }
}

void LinkPlanner::name_members(const Members& members) {
    std::optional<LinkId> id = members.unrecorded;
    if (!id && members.list.size() > 1) {
        id = LinkId::of_path(members.list.front().path);
    }
    for (const auto& member : members.list) {
        plan_.find(member.path)->link = id;
    }
}

} // namespace slipway::tree::merging
