#include "store/shallow.h"

#include "base/failpoint.h"

namespace slipway::store {

std::unordered_set<Digest> Shallow::commits() const {
    const auto database = state_->lock();
    std::unordered_set<Digest> commits;
    if (version_of(*database) < version_of_shallow) {
        return commits;
    }
    Statement statement(*database, "SELECT target FROM shallow");
    while (statement.step()) {
        commits.insert(statement.digest(0));
    }
    return commits;
}

void Shallow::change(const std::vector<Digest>& added, const std::vector<Digest>& removed) {
    if (added.empty() && removed.empty()) {
        return;
    }
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    for (const auto& commit : added) {
        Statement(*database, "INSERT OR IGNORE INTO shallow (target) VALUES (?)")
            .bind(commit)
            .step();
    }
    for (const auto& commit : removed) {
        Statement(*database, "DELETE FROM shallow WHERE target = ?").bind(commit).step();
    }
    failpoint("shallow.before-commit");
    transaction.commit();
}

} // namespace slipway::store
