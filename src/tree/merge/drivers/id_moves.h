// Which ids of theirs must move before account files are merged: the parts of accounts.h.
#pragma once

#include <functional>
#include <map>
#include <unordered_set>

#include "tree/merge/accounts.h"
#include "tree/merge/drivers/records.h"

namespace slipway::tree {

/// The names and ids of one passwd or group file. Of several records of a name the first counts.
class IdTable {
public:
    IdTable(ConstBytes file, const RecordFamily& family);

    std::optional<std::uint32_t> id_of(const std::string& name) const;

    /// In the order of the file.
    const std::vector<std::string>& names_of(std::uint32_t id) const;

    /// Each once, in the order of the file.
    const std::vector<std::uint32_t>& ids() const { return ids_; }

private:
    std::unordered_map<std::string, std::uint32_t> id_of_;
    std::unordered_map<std::uint32_t, std::vector<std::string>> names_of_;
    std::vector<std::uint32_t> ids_;
};

/// An id of theirs that clashes.
struct IdMove {
    std::uint32_t from = 0;
    std::optional<std::uint32_t> to{}; ///< where ours has the name already
    bool movable = true;               ///< false: names of the base have it too
    std::vector<IdClash> clashes{};
};

std::vector<IdMove> find_moves(IdKind kind, const Three<IdTable>& tables);

/// The ids that are in use, and the search for free ones.
class IdPool {
public:
    enum class Use { uid, gid, both };

    void take(Use use, std::uint32_t id);

    /// The first id that is free for `use`, in the range to which `like` belongs; it is taken.
    /// Nothing if all are.
    std::optional<std::uint32_t> take_free(Use use, std::uint32_t like);

private:
    bool is_free(Use use, std::uint32_t id) const;

    std::unordered_set<std::uint32_t> uids_;
    std::unordered_set<std::uint32_t> gids_;
    std::map<std::pair<Use, std::uint32_t>, std::uint32_t> next_; ///< where a search goes on
};

/// What becomes of a subuid or subgid file of theirs.
struct SubidPlan {
    struct Move {
        std::uint32_t from = 0;
        std::uint32_t count = 0;
        std::uint32_t to = 0;
    };

    std::vector<IdClash> clashes;
    std::vector<Move> moves;
    Buffer file; ///< rewritten
};

/// `owners` are the uids that move: a range may name its owner by number.
SubidPlan plan_subids(IdKind kind, const Three<ConstBytes>& files, const IdMap& owners);

/// The file with some fields of its records replaced; everything else byte for byte the same.
/// `rewrite` gives the new text of the field number `field`.
using RewriteField = std::function<std::string(std::size_t field, std::string_view text)>;
Buffer rewrite_records(ConstBytes file, const RecordFamily& family, const RewriteField& rewrite);

} // namespace slipway::tree
