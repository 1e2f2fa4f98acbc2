#include "store/leases.h"

#include <algorithm>

namespace slipway::store {

namespace {

void delete_ended(Database& database, std::int64_t now) {
    Statement(database, "DELETE FROM leases WHERE until <= ?").bind(now).step();
}

std::int64_t count_others(Database& database, const Lease& lease) {
    Statement statement(
        database, "SELECT count(*) FROM leases WHERE NOT (holder = ? AND target = ?)"
    );
    statement.bind(lease.holder).bind(lease.commit).step();
    return statement.number(0);
}

} // namespace

bool is_lease_holder(std::string_view holder) {
    return !holder.empty() && holder.size() <= longest_holder &&
           std::all_of(holder.begin(), holder.end(), [](char c) { return c > ' ' && c <= '~'; });
}

std::vector<Lease> Leases::list() {
    const auto database = state_->lock();
    std::vector<Lease> leases;
    if (version_of(*database) < version_of_trust) {
        return leases;
    }
    Statement statement(
        *database, "SELECT holder, target, until FROM leases ORDER BY holder, target"
    );
    while (statement.step()) {
        leases.push_back({statement.text(0), statement.digest(1), statement.number(2)});
    }
    return leases;
}

bool Leases::grant(const Lease& lease, std::int64_t now) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    delete_ended(*database, now);
    if (count_others(*database, lease) >= static_cast<std::int64_t>(most_leases)) {
        return false;
    }
    Statement(*database, "INSERT OR REPLACE INTO leases (holder, target, until) VALUES (?, ?, ?)")
        .bind(lease.holder)
        .bind(lease.commit)
        .bind(lease.until)
        .step();
    transaction.commit();
    return true;
}

int Leases::forget(std::string_view holder, const std::optional<Digest>& commit) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    if (commit) {
        Statement(*database, "DELETE FROM leases WHERE holder = ? AND target = ?")
            .bind(holder)
            .bind(*commit)
            .step();
    } else {
        Statement(*database, "DELETE FROM leases WHERE holder = ?").bind(holder).step();
    }
    const auto forgotten = database->changes();
    transaction.commit();
    return forgotten;
}

void Leases::forget_ended(std::int64_t now) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    delete_ended(*database, now);
    transaction.commit();
}

} // namespace slipway::store
