#include "tree/merge/drivers/id_moves.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::tree {

namespace {

/// Debian's ranges (adduser.conf): of the system, and of people.
constexpr std::uint32_t first_system_id = 100;
constexpr std::uint32_t first_user_id = 1000;
constexpr std::uint32_t last_user_id = 59999;

/// A name that ours newly gives `id` while theirs does not: what newcomers of theirs clash with.
std::optional<std::string> rival(std::uint32_t id, const Three<IdTable>& tables) {
    for (const auto& name : tables.ours.names_of(id)) {
        if (tables.base.id_of(name) != id && tables.theirs.id_of(name) != id) {
            return name;
        }
    }
    return std::nullopt;
}

/// The id that ours newly gives to a name, if that is not `id`.
std::optional<std::uint32_t>
other_id(const std::string& name, std::uint32_t id, const Three<IdTable>& tables) {
    const auto ours = tables.ours.id_of(name);
    return ours && ours != id && ours != tables.base.id_of(name) ? ours : std::nullopt;
}

IdMove find_move(IdKind kind, std::uint32_t id, const Three<IdTable>& tables) {
    IdMove move{id};
    const auto clashing = rival(id, tables);
    for (const auto& name : tables.theirs.names_of(id)) {
        if (tables.base.id_of(name) == id) {
            move.movable = false;
        } else if (const auto target = other_id(name, id, tables)) {
            move.movable = move.movable && move.to.value_or(*target) == *target;
            move.to = target;
            move.clashes.push_back({kind, id, name, name});
        } else if (clashing && tables.ours.id_of(name) != id) {
            move.clashes.push_back({kind, id, *clashing, name});
        }
    }
    return move;
}

} // namespace

IdTable::IdTable(ConstBytes file, const RecordFamily& family) {
    for (const auto& part : parse_records(read_lines(as_text(file)), family)) {
        if (part.kind != PartKind::record) {
            continue;
        }
        const auto id = parse_id(split(part.text, ':')[*family.id]).value_or(0);
        if (id_of_.try_emplace(part.key, id).second) {
            auto& names = names_of_[id];
            if (names.empty()) {
                ids_.push_back(id);
            }
            names.push_back(part.key);
        }
    }
}

std::optional<std::uint32_t> IdTable::id_of(const std::string& name) const {
    const auto found = id_of_.find(name);
    return found == id_of_.end() ? std::nullopt : std::optional(found->second);
}

const std::vector<std::string>& IdTable::names_of(std::uint32_t id) const {
    static const std::vector<std::string> none;
    const auto found = names_of_.find(id);
    return found == names_of_.end() ? none : found->second;
}

std::vector<IdMove> find_moves(IdKind kind, const Three<IdTable>& tables) {
    std::vector<IdMove> moves;
    for (const auto id : tables.theirs.ids()) {
        if (auto move = find_move(kind, id, tables); !move.clashes.empty()) {
            moves.push_back(std::move(move));
        }
    }
    return moves;
}

void IdPool::take(Use use, std::uint32_t id) {
    if (use != Use::gid) {
        uids_.insert(id);
    }
    if (use != Use::uid) {
        gids_.insert(id);
    }
}

bool IdPool::is_free(Use use, std::uint32_t id) const {
    return (use == Use::gid || !uids_.contains(id)) && (use == Use::uid || !gids_.contains(id));
}

std::optional<std::uint32_t> IdPool::take_free(Use use, std::uint32_t like) {
    const auto is_system = like < first_user_id;
    const auto first = is_system ? first_system_id : first_user_id;
    const auto last = is_system ? first_user_id - 1 : last_user_id;
    auto& id = next_.try_emplace({use, first}, first).first->second;
    while (id <= last && !is_free(use, id)) {
        ++id;
    }
    if (id > last) {
        return std::nullopt;
    }
    take(use, id);
    return id;
}

Buffer rewrite_records(ConstBytes file, const RecordFamily& family, const RewriteField& rewrite) {
    const auto lines = read_lines(as_text(file));
    MergedParts parts;
    for (const auto& part : parse_records(lines, family)) {
        std::string text(part.text);
        if (part.kind == PartKind::record) {
            text.clear();
            const auto fields = split(part.text, ':');
            for (std::size_t i = 0; i < fields.size(); ++i) {
                text += i == 0 ? "" : ":";
                text += rewrite(i, fields[i]);
            }
        }
        parts.push_back({part.kind, {}, std::move(text)});
    }
    return to_buffer(as_bytes(join_parts(parts, lines.final_newline)));
}

} // namespace slipway::tree
