#include "store/signatures.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"

namespace slipway::store {

namespace {

Signatures::Added add_to(Database& database, const Digest& target, ConstBytes signature) {
    if (signature.empty() || signature.size() > longest_signature) {
        throw Error(Fault::usage, fmt::format("{} bytes are no signature", signature.size()));
    }
    Statement(database, "INSERT OR IGNORE INTO signatures (target, id, signature) VALUES (?, ?, ?)")
        .bind(target)
        .bind(sha256(signature))
        .bind(signature)
        .step();
    return database.changes() > 0 ? Signatures::Added::now : Signatures::Added::before;
}

} // namespace

Signatures::Signatures(std::shared_ptr<State> state) : state_(std::move(state)) {}

void Signatures::add_all(const std::vector<Signed>& signatures) {
    if (signatures.empty()) {
        return;
    }
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    for (const auto& [target, signature] : signatures) {
        add_to(*database, target, signature);
    }
    failpoint("signature.before-commit");
    transaction.commit();
}

Signatures::Added Signatures::add(const Digest& target, ConstBytes signature) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    const auto added = add_to(*database, target, signature);
    failpoint("signature.before-commit");
    transaction.commit();
    return added;
}

std::vector<Buffer> Signatures::of(const Digest& target) const {
    const auto database = state_->lock();
    std::vector<Buffer> signatures;
    if (version_of(*database) < version_of_trust) {
        return signatures;
    }
    Statement statement(*database, "SELECT signature FROM signatures WHERE target = ? ORDER BY id");
    statement.bind(target);
    while (statement.step()) {
        signatures.push_back(to_buffer(as_bytes(statement.text(0))));
    }
    return signatures;
}

std::vector<Digest> Signatures::targets() const {
    const auto database = state_->lock();
    std::vector<Digest> targets;
    if (version_of(*database) < version_of_trust) {
        return targets;
    }
    Statement statement(*database, "SELECT DISTINCT target FROM signatures ORDER BY target");
    while (statement.step()) {
        targets.push_back(statement.digest(0));
    }
    return targets;
}

} // namespace slipway::store
