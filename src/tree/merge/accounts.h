// Ids of users and groups that a merge would give twice, and new ones for theirs.
//
// Two systems that both add accounts count their ids from the same start. Before their trees are
// merged, theirs can be rewritten: each id that clashes becomes another, in the account files here
// and, by the maps, in every inode of theirs that has it. Then the drivers merge the files without
// a conflict about ids. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "tree/merge/id_map.h"

namespace slipway::tree {

/// The account files of one tree; empty where it has none.
struct AccountFiles {
    ConstBytes passwd{};
    ConstBytes group{};
    ConstBytes subuid{};
    ConstBytes subgid{};
};

struct AccountVersions {
    AccountFiles base{};
    AccountFiles ours{};
    AccountFiles theirs{};
};

enum class IdKind { uid, gid, subuid, subgid };

/// An id that theirs newly gives to a name, and that cannot stay beside what ours newly gives:
/// another name has it in ours, or (`ours` and `theirs` equal) ours gives the name another id.
/// Ids that were so in the base, and ids that names share within one side, are no clash.
struct IdClash {
    IdKind kind = IdKind::uid;
    std::uint32_t id = 0; ///< in theirs; of subordinate ids the first of the range
    std::string ours;
    std::string theirs;
    std::optional<std::uint32_t> to{}; ///< what theirs gets instead; nothing: none was found
    friend bool operator==(const IdClash&, const IdClash&) = default;
};

/// "uid 1001: alice in ours, bob in theirs, who gets 1002".
std::string describe(const IdClash& clash);

struct AccountPlan {
    std::vector<IdClash> clashes;
    IdMap uids; ///< for every inode of theirs, and its POSIX ACLs
    IdMap gids;
    Buffer passwd; ///< the files of theirs with the new ids; else byte for byte the same
    Buffer group;
    Buffer subuid;
    Buffer subgid;
};

/// The clashes, without a new id.
std::vector<IdClash> find_id_clashes(const AccountVersions& versions);

/// Chooses new ids for theirs. Where ours gives the same name another id, theirs follows. Else it
/// is the first that is free in all three versions, counted upwards as adduser does: from 100 to
/// 999 for ids below 1000, from 1000 to 59999 for all others. A user and the group of the same name
/// and id stay equal. Ranges of subordinate ids go behind all others, up to 600100000. An id does
/// not move (`to` is empty) if names of the base have it in theirs too, or if nothing is free.
AccountPlan reassign_ids(const AccountVersions& versions);

} // namespace slipway::tree
