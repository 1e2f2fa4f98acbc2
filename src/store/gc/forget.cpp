#include "store/gc/forget.h"

#include "base/failpoint.h"

namespace slipway::store {

namespace {

/// The rows of `table` whose commit is gone. Called within the transaction that removes them.
std::uint64_t forget_rows(Database& database, const ObjectIndex& index, const std::string& table) {
    std::vector<Digest> gone;
    {
        Statement targets(database, "SELECT DISTINCT target FROM " + table);
        while (targets.step()) {
            if (const auto target = targets.digest(0); !index.find(target)) {
                gone.push_back(target);
            }
        }
    }
    std::uint64_t forgotten = 0;
    for (const auto& target : gone) {
        Statement(database, "DELETE FROM " + table + " WHERE target = ?").bind(target).step();
        forgotten += static_cast<std::uint64_t>(database.changes());
    }
    return forgotten;
}

/// The sequence stays: a branch that is made under that name later goes on with it.
std::uint64_t empty_statements(Database& database) {
    database.run("UPDATE statements SET statement = x'' WHERE length(statement) > 0 "
                 "AND branch NOT IN (SELECT name FROM branches) "
                 "AND branch NOT IN (SELECT branch FROM moves)");
    return static_cast<std::uint64_t>(database.changes());
}

} // namespace

std::uint64_t forget_gone(State& state, const ObjectIndex& index) {
    const auto database = state.lock();
    WriteTransaction transaction(*database);
    const auto forgotten = forget_rows(*database, index, "signatures") +
                           forget_rows(*database, index, "shallow") + empty_statements(*database);
    failpoint("gc.before-forget");
    transaction.commit();
    return forgotten;
}

} // namespace slipway::store
