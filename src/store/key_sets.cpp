#include "store/key_sets.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"

namespace slipway::store {

namespace {

std::int64_t newest_sequence(Database& database) {
    Statement statement(database, "SELECT coalesce(max(sequence), 0) FROM key_sets");
    statement.step();
    return statement.number(0);
}

} // namespace

KeySets::KeySets(std::shared_ptr<State> state) : state_(std::move(state)) {}

std::string KeySets::chain() const {
    const auto database = state_->lock();
    std::string chain;
    if (version_of(*database) < version_of_trust) {
        return chain;
    }
    Statement statement(*database, "SELECT key_set FROM key_sets ORDER BY sequence");
    while (statement.step()) {
        chain += statement.text(0);
    }
    return chain;
}

std::optional<std::string> KeySets::newest() const {
    const auto database = state_->lock();
    if (version_of(*database) < version_of_trust) {
        return std::nullopt;
    }
    Statement statement(*database, "SELECT key_set FROM key_sets ORDER BY sequence DESC LIMIT 1");
    return statement.step() ? std::optional(statement.text(0)) : std::nullopt;
}

void KeySets::add(std::int64_t sequence, const std::string& key_set) {
    const auto database = state_->lock();
    WriteTransaction transaction(*database);
    if (const auto newest = newest_sequence(*database); sequence != newest + 1) {
        throw Error(
            Fault::refused, fmt::format("key set {} cannot follow key set {}", sequence, newest)
        )
            .hint("another one was published meanwhile: make the change again");
    }
    Statement(*database, "INSERT INTO key_sets (sequence, key_set) VALUES (?, ?)")
        .bind(sequence)
        .bind(as_bytes(key_set))
        .step();
    failpoint("key-set.before-commit");
    transaction.commit();
}

} // namespace slipway::store
