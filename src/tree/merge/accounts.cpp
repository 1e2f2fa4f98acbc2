#include "tree/merge/accounts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/merge/drivers/id_moves.h"

namespace slipway::tree {

namespace {

std::string_view name_of(IdKind kind) {
    switch (kind) {
    case IdKind::uid:
        return "uid";
    case IdKind::gid:
        return "gid";
    case IdKind::subuid:
        return "subuid";
    default:
        return "subgid";
    }
}

Three<IdTable> tables(
    const AccountVersions& versions, ConstBytes AccountFiles::*file, const RecordFamily& family
) {
    return {
        IdTable(versions.base.*file, family),
        IdTable(versions.ours.*file, family),
        IdTable(versions.theirs.*file, family)};
}

void take_all(const Three<IdTable>& from, IdPool::Use use, IdPool& pool) {
    for (const auto* table : {&from.base, &from.ours, &from.theirs}) {
        for (const auto id : table->ids()) {
            pool.take(use, id);
        }
    }
}

/// Primary groups may have no entry in the group file.
void take_primary_groups(ConstBytes passwd, IdPool& pool) {
    for (const auto& part : parse_records(read_lines(as_text(passwd)), passwd_family())) {
        if (part.kind == PartKind::record) {
            pool.take(IdPool::Use::gid, parse_id(split(part.text, ':')[3]).value_or(0));
        }
    }
}

class Planner {
public:
    explicit Planner(const AccountVersions& versions)
        : versions_(versions), users_(tables(versions, &AccountFiles::passwd, passwd_family())),
          groups_(tables(versions, &AccountFiles::group, group_family())) {
        take_all(users_, IdPool::Use::uid, pool_);
        take_all(groups_, IdPool::Use::gid, pool_);
        for (const auto* files : {&versions.base, &versions.ours, &versions.theirs}) {
            take_primary_groups(files->passwd, pool_);
        }
    }

    AccountPlan run() {
        auto users = find_moves(IdKind::uid, users_);
        auto groups = find_moves(IdKind::gid, groups_);
        place(users, groups);
        record(users, plan_.uids);
        record(groups, plan_.gids);
        rewrite();
        return std::move(plan_);
    }

private:
    void place(std::vector<IdMove>& users, std::vector<IdMove>& groups) {
        std::unordered_map<std::uint32_t, IdMove*> open_groups;
        for (auto& move : groups) {
            if (move.movable && !move.to) {
                open_groups[move.from] = &move;
            }
        }
        for (auto& move : users) {
            const auto group = open_groups.find(move.from);
            if (!move.movable || move.to) {
                continue;
            }
            if (group != open_groups.end() && is_private(move.from)) {
                move.to = pool_.take_free(IdPool::Use::both, move.from);
                group->second->to = move.to;
            }
            if (!move.to) {
                move.to = pool_.take_free(IdPool::Use::uid, move.from);
            }
        }
        for (auto& move : groups) {
            if (move.movable && !move.to) {
                move.to = pool_.take_free(IdPool::Use::gid, move.from);
            }
        }
    }

    /// True if a user and a group of one name have this id in theirs.
    bool is_private(std::uint32_t id) const {
        const auto& names = users_.theirs.names_of(id);
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return groups_.theirs.id_of(name) == id;
        });
    }

    void record(std::vector<IdMove>& moves, IdMap& map) {
        for (auto& move : moves) {
            if (move.movable && move.to) {
                map.move(move.from, *move.to);
            }
            for (auto& clash : move.clashes) {
                clash.to = move.movable ? move.to : std::nullopt;
                plan_.clashes.push_back(std::move(clash));
            }
        }
    }

    void rewrite() {
        const auto moved = [](std::string_view text, const IdMap& map) {
            const auto id = parse_id(text).value_or(0);
            return map(id) == id ? std::string(text) : std::to_string(map(id));
        };
        plan_.passwd = rewrite_records(
            versions_.theirs.passwd,
            passwd_family(),
            [&](std::size_t field, std::string_view text) {
                return field == 2   ? moved(text, plan_.uids)
                       : field == 3 ? moved(text, plan_.gids)
                                    : std::string(text);
            }
        );
        plan_.group = rewrite_records(
            versions_.theirs.group,
            group_family(),
            [&](std::size_t field, std::string_view text) {
                return field == 2 ? moved(text, plan_.gids) : std::string(text);
            }
        );
        // Ranges are owned by users, also those of groups.
        const auto owners = plan_.uids;
        plan_.subuid = move_ranges(IdKind::subuid, owners, plan_.uids);
        plan_.subgid = move_ranges(IdKind::subgid, owners, plan_.gids);
    }

    Buffer move_ranges(IdKind kind, const IdMap& owners, IdMap& map) {
        const auto file = kind == IdKind::subuid ? &AccountFiles::subuid : &AccountFiles::subgid;
        auto ranges = plan_subids(
            kind, {versions_.base.*file, versions_.ours.*file, versions_.theirs.*file}, owners
        );
        for (const auto& move : ranges.moves) {
            map.move_range(move.from, move.count, move.to);
        }
        plan_.clashes.insert(
            plan_.clashes.end(),
            std::make_move_iterator(ranges.clashes.begin()),
            std::make_move_iterator(ranges.clashes.end())
        );
        return std::move(ranges.file);
    }

    const AccountVersions& versions_;
    Three<IdTable> users_;
    Three<IdTable> groups_;
    IdPool pool_;
    AccountPlan plan_;
};

} // namespace

std::string describe(const IdClash& clash) {
    const auto where = clash.ours == clash.theirs
                           ? clash.theirs + " has another in ours"
                           : clash.ours + " in ours, " + clash.theirs + " in theirs";
    const auto gets = clash.to ? fmt::format("theirs becomes {}", *clash.to) : "nothing is free";
    return fmt::format("{} {}: {}; {}", name_of(clash.kind), clash.id, where, gets);
}

std::vector<IdClash> find_id_clashes(const AccountVersions& versions) {
    auto clashes = reassign_ids(versions).clashes;
    for (auto& clash : clashes) {
        clash.to.reset();
    }
    return clashes;
}

AccountPlan reassign_ids(const AccountVersions& versions) {
    return Planner(versions).run();
}

} // namespace slipway::tree
