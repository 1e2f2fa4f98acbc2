#include "cli/keys_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

std::string key_rows(std::string_view title, const std::vector<trust::PublicKey>& keys) {
    std::string rows;
    for (const auto& key : keys) {
        rows += fmt::format("{:<10} {}  {}\n", title, key.fingerprint(), key.type);
    }
    return rows;
}

nlohmann::json fingerprints(const std::vector<trust::PublicKey>& keys) {
    auto list = nlohmann::json::array();
    for (const auto& key : keys) {
        list.push_back({{"type", key.type}, {"fingerprint", key.fingerprint()}});
    }
    return list;
}

std::string policy_text(const trust::BranchPolicy& policy) {
    if (policy.count == 0) {
        return "needs no signature";
    }
    const auto whose = policy.principals.front() == "*"
                           ? std::string("any signer")
                           : fmt::format("{}", fmt::join(policy.principals, ", "));
    return fmt::format("{} of {}", policy.count, whose);
}

} // namespace

std::string keys_text(const trust::SignedKeySet& set) {
    const auto& keys = set.keys;
    auto text = fmt::format(
        "key set {} of repository {}\n{:<10} {}\n{:<10} {}\n{:<10} {}\n",
        keys.sequence,
        short_id(keys.repository),
        "name",
        set.name().hex(),
        "time",
        utc_time(keys.time),
        "threshold",
        fmt::format("{} of {}", keys.threshold, counted(keys.roots.size(), "root key"))
    );
    text += key_rows("root", keys.roots) + key_rows("server", keys.servers);
    for (const auto& signer : keys.signers) {
        text += fmt::format("{:<10} {}\n", "signer", printable(signer));
    }
    text += key_rows("revoked", keys.revoked);
    for (const auto& policy : keys.branches) {
        text += fmt::format("{:<10} {}: {}\n", "branch", policy.pattern, policy_text(policy));
    }
    return text;
}

nlohmann::json keys_json(const trust::SignedKeySet& set) {
    const auto& keys = set.keys;
    auto branches = nlohmann::json::array();
    for (const auto& policy : keys.branches) {
        branches.push_back(
            {{"pattern", policy.pattern},
             {"count", policy.count},
             {"principals", policy.principals}}
        );
    }
    return {
        {"repository", keys.repository.hex()},
        {"sequence", keys.sequence},
        {"name", set.name().hex()},
        {"time", utc_time(keys.time)},
        {"threshold", keys.threshold},
        {"roots", fingerprints(keys.roots)},
        {"servers", fingerprints(keys.servers)},
        {"signers", keys.signers},
        {"revoked", fingerprints(keys.revoked)},
        {"branches", branches},
        {"signatures", set.document.signatures.size()}};
}

} // namespace slipway::cli
