#include "store/branches.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "store/statements.h"

namespace slipway::store {

namespace {

constexpr std::size_t longest_branch_name = 200;

bool is_name_byte(char c) {
    const auto code = static_cast<unsigned char>(c);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '+' || c == '-' || code > 0x7F;
}

std::optional<Branch> find_in(Database& database, std::string_view name) {
    Statement statement(database, "SELECT tip, sequence FROM branches WHERE name = ?");
    if (!statement.bind(name).step()) {
        return std::nullopt;
    }
    return Branch{std::string(name), statement.digest(0), statement.number(1)};
}

/// True if one of two names is a directory of the other, as files named so would be.
bool one_holds_the_other(std::string_view a, std::string_view b) {
    const auto holds = [](std::string_view outer, std::string_view inner) {
        return inner.size() > outer.size() && inner.starts_with(outer) &&
               inner[outer.size()] == '/';
    };
    return holds(a, b) || holds(b, a);
}

/// Throws Fault::refused if a new branch `name` cannot stand beside those there are.
void check_room(const std::vector<Branch>& branches, std::string_view name) {
    for (const auto& branch : branches) {
        if (one_holds_the_other(branch.name, name)) {
            throw Error(
                Fault::refused,
                fmt::format("branch '{}' cannot stand beside '{}'", name, branch.name)
            )
                .hint("choose a name that is no part of the other's path");
        }
    }
}

std::vector<Branch> list_in(Database& database) {
    Statement statement(database, "SELECT name, tip, sequence FROM branches ORDER BY name");
    std::vector<Branch> branches;
    while (statement.step()) {
        branches.push_back({statement.text(0), statement.digest(1), statement.number(2)});
    }
    return branches;
}

Tag tag_of(const Statement& statement) {
    return {statement.text(0), statement.digest(1), statement.number(2), statement.text(3)};
}

std::optional<Tag> find_tag_in(Database& database, std::string_view name) {
    if (version_of(database) < version_of_tags) {
        return std::nullopt;
    }
    Statement statement(database, "SELECT name, target, time, who FROM tags WHERE name = ?");
    return statement.bind(name).step() ? std::optional(tag_of(statement)) : std::nullopt;
}

/// One more than that of any move of the branch: it goes on where one of that name was removed, so
/// that machines do not take the new one for something older.
std::int64_t next_sequence(Database& database, std::string_view name) {
    Statement statement(
        database,
        "SELECT max((SELECT coalesce(max(sequence), 0) FROM moves WHERE branch = ?), "
        "(SELECT coalesce(max(sequence), 0) FROM statements WHERE branch = ?)) + 1"
    );
    statement.bind(name).bind(name).step();
    return statement.number(0);
}

void add_move(Database& database, std::string_view name, const Move& move) {
    Statement(
        database,
        "INSERT INTO moves (branch, sequence, tip, time, who, reason) VALUES (?, ?, ?, ?, ?, ?)"
    )
        .bind(name)
        .bind(move.sequence)
        .bind(move.commit)
        .bind(move.time)
        .bind(move.who)
        .bind(move.reason)
        .step();
}

} // namespace

Branches::Branches(std::shared_ptr<State> state, const MoveRules* rules)
    : state_(std::move(state)), rules_(rules) {}

namespace {

std::vector<Move> moves_in(Database& database, std::string_view name) {
    Statement statement(
        database,
        "SELECT sequence, tip, time, who, reason FROM moves WHERE branch = ? ORDER BY sequence DESC"
    );
    statement.bind(name);
    std::vector<Move> moves;
    while (statement.step()) {
        moves.push_back(
            {statement.number(0),
             statement.digest(1),
             statement.number(2),
             statement.text(3),
             statement.text(4)}
        );
    }
    return moves;
}

void check_new_branch(Database& database, std::string_view name) {
    check_room(list_in(database), name);
    if (find_tag_in(database, name)) {
        throw Error(Fault::refused, fmt::format("'{}' is a tag", name))
            .hint("choose another name for the branch");
    }
}

void write_branch(Database& database, const Branch& branch) {
    Statement(database, "INSERT OR REPLACE INTO branches (name, tip, sequence) VALUES (?, ?, ?)")
        .bind(branch.name)
        .bind(branch.commit)
        .bind(branch.sequence)
        .step();
}

void remove_moves(Database& database, std::string_view name) {
    Statement(database, "DELETE FROM moves WHERE branch = ?").bind(name).step();
}

/// Moves of one branch by their numbers.
std::map<std::int64_t, Digest> commits_of(const std::vector<Move>& moves) {
    std::map<std::int64_t, Digest> commits;
    for (const auto& move : moves) {
        commits[move.sequence] = move.commit;
    }
    return commits;
}

/// True unless each move that both have is the same, and `here` has none that is later.
bool has_own_moves(const std::vector<Move>& here, const std::vector<Move>& there) {
    const auto known = commits_of(there);
    return std::any_of(here.begin(), here.end(), [&](const Move& move) {
        const auto same = known.find(move.sequence);
        return move.sequence > there.front().sequence ||
               (same != known.end() && same->second != move.commit);
    });
}

} // namespace

std::vector<Branch> Branches::list() {
    return list_in(*state_->lock());
}

std::optional<Branch> Branches::find(std::string_view name) {
    return find_in(*state_->lock(), name);
}

std::vector<Move> Branches::reflog(std::string_view name) {
    return moves_in(*state_->lock(), name);
}

MoveResult Branches::move(
    std::string_view name,
    const std::optional<Digest>& expected,
    const Digest& commit,
    const MoveNote& note
) {
    check_branch_name(name);
    const auto make_statement =
        rules_ != nullptr ? rules_->permit(name, commit, note.time) : MakeStatement();
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    const auto found = find_in(*database, name);
    const auto there = found ? std::optional(found->commit) : std::nullopt;
    if (there != expected) {
        return MoveResult::was_elsewhere;
    }
    if (!found) {
        check_new_branch(*database, name);
    }
    const auto sequence = next_sequence(*database, name);
    const Branch moved{std::string(name), commit, sequence};
    write_branch(*database, moved);
    add_move(*database, name, {sequence, commit, note.time, note.who, note.reason});
    if (make_statement) {
        put_statement(*database, moved, make_statement(moved));
    }
    failpoint("branch.before-commit");
    transaction.commit();
    failpoint("branch.done");
    return MoveResult::moved;
}

void Branches::check_permitted(std::string_view name, const Digest& commit) const {
    if (rules_ != nullptr) {
        rules_->permit(name, commit, 0);
    }
}

bool Branches::adopt(
    std::string_view name, const std::vector<Move>& moves, const Adoption& adoption
) {
    check_branch_name(name);
    if (moves.empty()) {
        throw Error(Fault::usage, fmt::format("branch '{}' has no moves", name));
    }
    const auto& last = moves.front();
    const auto seen = find(name);
    const auto is_there = seen && seen->commit == last.commit && seen->sequence == last.sequence;
    const auto make_statement = rules_ != nullptr && !is_there
                                    ? rules_->permit(name, last.commit, adoption.time)
                                    : MakeStatement();
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    const auto found = find_in(*database, name);
    if (found != seen) {
        throw Error(Fault::refused, fmt::format("branch '{}' has moved meanwhile", name))
            .hint("run the command again");
    }
    if (!found) {
        check_new_branch(*database, name);
    }
    auto here = moves_in(*database, name);
    if (has_own_moves(here, moves)) {
        if (adoption.divergence == Divergence::refuse) {
            throw Error(
                Fault::refused,
                fmt::format("branch '{}' has moves here that it has not there", name)
            )
                .hint(fmt::format("`slipway reflog {}` shows them; --force gives them up", name));
        }
        remove_moves(*database, name);
        here.clear();
    }
    const auto known = commits_of(here);
    bool is_changed = false;
    for (const auto& move : moves) {
        if (!known.contains(move.sequence)) {
            add_move(*database, name, move);
            is_changed = true;
        }
    }
    const Branch moved{std::string(name), last.commit, last.sequence};
    write_branch(*database, moved);
    if (make_statement) {
        put_statement(*database, moved, make_statement(moved));
    }
    failpoint("branch.before-commit");
    transaction.commit();
    failpoint("branch.done");
    return is_changed;
}

MoveResult Branches::remove(std::string_view name, const Digest& expected, const MoveNote& note) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    const auto found = find_in(*database, name);
    if (!found || found->commit != expected) {
        return MoveResult::was_elsewhere;
    }
    const auto sequence = next_sequence(*database, name);
    add_move(*database, name, {sequence, expected, note.time, note.who, note.reason});
    Statement(*database, "DELETE FROM branches WHERE name = ?").bind(name).step();
    failpoint("branch.before-remove");
    transaction.commit();
    failpoint("branch.removed");
    return MoveResult::moved;
}

std::vector<NamedMove> Branches::reflogs() {
    const auto database = state_->lock();
    Statement statement(
        *database,
        "SELECT branch, sequence, tip, time, who, reason FROM moves ORDER BY branch, sequence"
    );
    std::vector<NamedMove> moves;
    while (statement.step()) {
        moves.push_back(
            {statement.text(0),
             {statement.number(1),
              statement.digest(2),
              statement.number(3),
              statement.text(4),
              statement.text(5)}}
        );
    }
    return moves;
}

void Branches::forget(const std::vector<NamedMove>& moves) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    for (const auto& move : moves) {
        Statement(*database, "DELETE FROM moves WHERE branch = ? AND sequence = ?")
            .bind(move.branch)
            .bind(move.move.sequence)
            .step();
    }
    failpoint("reflog.before-forget");
    transaction.commit();
    failpoint("reflog.forgotten");
}

void Branches::remove_tag(std::string_view name) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    Statement(*database, "DELETE FROM tags WHERE name = ?").bind(name).step();
    transaction.commit();
}

std::vector<Tag> Branches::tags() {
    const auto database = state_->lock();
    std::vector<Tag> tags;
    if (version_of(*database) < version_of_tags) {
        return tags;
    }
    Statement statement(*database, "SELECT name, target, time, who FROM tags ORDER BY name");
    while (statement.step()) {
        tags.push_back(tag_of(statement));
    }
    return tags;
}

std::optional<Tag> Branches::find_tag(std::string_view name) {
    return find_tag_in(*state_->lock(), name);
}

void Branches::add_tag(const Tag& tag) {
    check_branch_name(tag.name);
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    if (find_in(*database, tag.name)) {
        throw Error(Fault::refused, fmt::format("'{}' is a branch", tag.name))
            .hint("choose another name for the tag");
    }
    if (const auto found = find_tag_in(*database, tag.name)) {
        throw Error(Fault::refused, fmt::format("tag '{}' is at {}", tag.name, found->commit.hex()))
            .hint("a tag never moves: choose another name");
    }
    Statement(*database, "INSERT INTO tags (name, target, time, who) VALUES (?, ?, ?, ?)")
        .bind(tag.name)
        .bind(tag.commit)
        .bind(tag.time)
        .bind(tag.who)
        .step();
    failpoint("tag.before-commit");
    transaction.commit();
    failpoint("tag.done");
}

void check_branch_name(std::string_view name) {
    const auto parts = split(name, '/');
    const auto good = [](std::string_view part) {
        return !part.empty() && part.front() != '.' && part.front() != '-' &&
               std::all_of(part.begin(), part.end(), is_name_byte);
    };
    if (name.size() > longest_branch_name || Digest::parse(name) ||
        !std::all_of(parts.begin(), parts.end(), good)) {
        throw Error(
            Fault::usage, fmt::format("'{}' cannot name a branch or a tag", printable(name))
        )
            .hint("use letters, digits, '.', '_', '+' and '-', with '/' between parts");
    }
}

} // namespace slipway::store
