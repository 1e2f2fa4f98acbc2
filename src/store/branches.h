// Branches: names that move, and every move they made; tags: names that never do (SQLite, one file
// a repository).
//
// A move is a compare-and-swap: it happens only if the branch is still where the mover saw it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/state.h"

namespace slipway::store {

struct Branch {
    std::string name;
    Digest commit;
    std::int64_t sequence = 0; ///< counts the moves of this branch, from 1
    friend bool operator==(const Branch&, const Branch&) = default;
};

/// One line of a branch's reflog.
struct Move {
    std::int64_t sequence = 0;
    Digest commit;
    std::int64_t time = 0; ///< seconds since 1970
    std::string who;
    std::string reason;
};

struct NamedMove {
    std::string branch;
    Move move;
};

/// What a move says of itself.
struct MoveNote {
    std::int64_t time = 0;
    std::string who;
    std::string reason;
};

enum class MoveResult { moved, was_elsewhere };

/// Makes the head statement of a branch that has just moved.
using MakeStatement = std::function<std::string(const Branch& moved)>;

/// What decides whether a branch may move.
class MoveRules {
public:
    virtual ~MoveRules() = default;

    /// Throws Fault::refused if `branch` may not move to `commit`. What it returns is called when
    /// the branch has moved, in the same transaction; it may be empty.
    virtual MakeStatement
    permit(std::string_view branch, const Digest& commit, std::int64_t time) const = 0;
};

struct Tag {
    std::string name;
    Digest commit;
    std::int64_t time = 0; ///< seconds since 1970: when it was made
    std::string who;
    friend bool operator==(const Tag&, const Tag&) = default;
};

/// Any thread; several processes at once.
class Branches {
public:
    /// `rules` outlive it; null: every move is allowed.
    explicit Branches(std::shared_ptr<State> state, const MoveRules* rules = nullptr);

    std::vector<Branch> list();
    std::optional<Branch> find(std::string_view name);

    /// Newest first; empty if there is no such branch.
    std::vector<Move> reflog(std::string_view name);

    /// Moves `name` from `expected` (nothing: it must not exist) to `commit`. Durable on return.
    /// Throws Fault::refused for a new branch `a/b` beside a branch `a`, or the other way round,
    /// for one that is named as a tag, and if the rules forbid it.
    MoveResult move(
        std::string_view name,
        const std::optional<Digest>& expected,
        const Digest& commit,
        const MoveNote& note
    );

    /// Throws Fault::refused if the rules forbid the branch to move there. Whoever moves several
    /// asks for all of them first.
    void check_permitted(std::string_view name, const Digest& commit) const;

    enum class Divergence { refuse, replace };

    struct Adoption {
        Divergence divergence = Divergence::refuse;
        std::int64_t time = 0; ///< now, of the statement that the rules may make
    };

    /// Makes the moves of a branch those of the same branch elsewhere, newest first: those that are
    /// not here are added as they are. Durable on return. Throws Fault::refused if it has moves
    /// here that it has not there, and then replaces them all if told so; for a new branch as
    /// move() does; and if the rules forbid it to be where it is there.
    /// False if there was nothing to add.
    bool adopt(std::string_view name, const std::vector<Move>& moves, const Adoption& adoption);

    /// Removes a branch that is at `expected`. Its reflog stays, with a last line that says so, and
    /// ages like any other. Durable on return.
    MoveResult remove(std::string_view name, const Digest& expected, const MoveNote& note);

    /// A tag that is gone elsewhere too.
    void remove_tag(std::string_view name);

    /// The reflogs of all branches, of removed ones too, by name, oldest first.
    std::vector<NamedMove> reflogs();

    /// Forgets lines of reflogs. Durable on return.
    void forget(const std::vector<NamedMove>& moves);

    /// By name.
    std::vector<Tag> tags();
    std::optional<Tag> find_tag(std::string_view name);

    /// Durable on return. Throws Fault::refused if there is a tag or a branch of that name: a tag
    /// never moves.
    void add_tag(const Tag& tag);

private:
    std::shared_ptr<State> state_;
    const MoveRules* rules_;
};

/// Throws Fault::usage unless `name` may name a branch or a tag: components of letters, digits,
/// '.', '_',
/// '+' and '-' or bytes over 0x7F, joined by '/', none starting with '.' or '-', 200 bytes at most,
/// and not 64 hexadecimal digits.
void check_branch_name(std::string_view name);

} // namespace slipway::store
