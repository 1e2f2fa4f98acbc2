#include "store/statements.h"

#include "base/failpoint.h"
#include "store/branches.h"

namespace slipway::store {

namespace {

bool is_at(Database& database, const Branch& branch) {
    Statement statement(
        database, "SELECT 1 FROM branches WHERE name = ? AND sequence = ? AND tip = ?"
    );
    return statement.bind(branch.name).bind(branch.sequence).bind(branch.commit).step();
}

/// True if the branch has been there by that move, and no statement is of a later one.
bool may_adopt(Database& database, const Branch& branch) {
    Statement statement(
        database,
        "SELECT 1 FROM moves WHERE branch = ?1 AND sequence = ?2 AND tip = ?3 AND NOT EXISTS "
        "(SELECT 1 FROM statements WHERE branch = ?1 AND sequence > ?2)"
    );
    return statement.bind(branch.name).bind(branch.sequence).bind(branch.commit).step();
}

} // namespace

Statements::Statements(std::shared_ptr<State> state) : state_(std::move(state)) {}

std::optional<std::string> Statements::find(std::string_view branch) const {
    const auto database = state_->lock();
    if (version_of(*database) < version_of_trust) {
        return std::nullopt;
    }
    Statement statement(
        *database, "SELECT statement FROM statements WHERE branch = ? AND length(statement) > 0"
    );
    return statement.bind(branch).step() ? std::optional(statement.text(0)) : std::nullopt;
}

Statements::Kept Statements::put(const Branch& branch, const std::string& statement) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    if (!is_at(*database, branch)) {
        return Kept::branch_moved;
    }
    put_statement(*database, branch, statement);
    failpoint("statement.before-commit");
    transaction.commit();
    return Kept::yes;
}

Statements::Kept Statements::adopt(const Branch& branch, const std::string& statement) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    if (!may_adopt(*database, branch)) {
        return Kept::branch_moved;
    }
    put_statement(*database, branch, statement);
    failpoint("statement.before-commit");
    transaction.commit();
    return Kept::yes;
}

void put_statement(Database& database, const Branch& branch, const std::string& statement) {
    Statement(
        database, "INSERT OR REPLACE INTO statements (branch, sequence, statement) VALUES (?, ?, ?)"
    )
        .bind(branch.name)
        .bind(branch.sequence)
        .bind(as_bytes(statement))
        .step();
}

} // namespace slipway::store
