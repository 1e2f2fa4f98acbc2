// The newest head statement of each branch (docs/format/keys.md): bytes that clients check.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/state.h"

namespace slipway::store {

struct Branch;

/// Any thread; several processes at once.
class Statements {
public:
    explicit Statements(std::shared_ptr<State> state);

    /// Nothing too if all that is kept is the sequence of a branch that was removed.
    std::optional<std::string> find(std::string_view branch) const;

    enum class Kept { yes, branch_moved };

    /// Keeps a statement of `branch`, if the branch still is there. Durable on return.
    Kept put(const Branch& branch, const std::string& statement);

    /// Keeps one that was made elsewhere of a move that the branch has made here too, unless there
    /// is one of a later move. Durable on return.
    Kept adopt(const Branch& branch, const std::string& statement);

private:
    std::shared_ptr<State> state_;
};

/// Keeps it as part of a transaction that moves the branch.
void put_statement(Database& database, const Branch& branch, const std::string& statement);

} // namespace slipway::store
