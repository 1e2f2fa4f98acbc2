#include "trust/approval.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::trust {

namespace {

/// What the signatures under a commit come to, for one policy.
struct Count {
    std::set<std::string> signed_by;  ///< principals that are asked for
    std::vector<std::string> why_not; ///< one for each signature that does not count
};

std::string joined(const auto& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + name;
    }
    return text;
}

/// The first principal of the policy that the signature speaks for; empty if none.
std::string principal_of(
    const AllowedSigners& signers,
    const BranchPolicy& policy,
    const SignedCommit& commit,
    const Signature& signature
) {
    auto whose =
        signers.verify(signature, commit.message, commit_namespace, commit.time).principals;
    for (const auto& principal : policy.principals) {
        if (principal == "*") {
            return whose;
        }
        try {
            signers.verify(signature, commit.message, commit_namespace, commit.time, principal);
            return principal;
        } catch (const Error&) { // it speaks for somebody else
            continue;
        }
    }
    throw Error(Fault::refused, fmt::format("{} is not asked for", whose));
}

/// One key is one person, whatever its names: it counts once, with and without certificates.
Count count_signatures(
    const AllowedSigners& signers, const BranchPolicy& policy, const SignedCommit& commit
) {
    Count count;
    std::set<PublicKey> counted;
    for (const auto& blob : commit.signatures) {
        try {
            const auto signature = decode_signature(blob);
            if (!counted.contains(signature.key)) {
                count.signed_by.insert(principal_of(signers, policy, commit, signature));
                counted.insert(signature.key);
            }
        } catch (const Error& error) { // one that does not count is no failure: others may
            count.why_not.emplace_back(error.what());
        }
    }
    return count;
}

/// The policies that a commit may be accepted by: any of them will do.
std::vector<const BranchPolicy*> policies_for(const KeySet& keys, const CommitPlace& place) {
    std::vector<const BranchPolicy*> policies;
    if (place.branch) {
        if (const auto* const policy = policy_of(keys, *place.branch)) {
            policies.push_back(policy);
        }
        return policies;
    }
    for (const auto& policy : keys.branches) {
        if (policy.count > 0) {
            policies.push_back(&policy);
        }
    }
    return policies;
}

std::string asked_for(const BranchPolicy& policy) {
    return policy.principals.front() == "*"
               ? fmt::format("{} of any signer", policy.count)
               : fmt::format("{} of {}", policy.count, joined(policy.principals));
}

[[noreturn]] void refuse(
    const CommitPlace& place,
    const SignedCommit& commit,
    const BranchPolicy& policy,
    const Count& count
) {
    auto text = fmt::format(
        "commit {} lacks signatures{}: {} needed, {}",
        commit.id.hex().substr(0, 12),
        place.branch ? fmt::format(" for branch '{}'", *place.branch) : "",
        asked_for(policy),
        count.signed_by.empty() ? "none there" : "there: " + joined(count.signed_by)
    );
    for (const auto& why : count.why_not) {
        text += fmt::format("; one does not count: {}", why);
    }
    throw Error(Fault::refused, text)
        .hint(fmt::format("`slipway sign {}` adds one", commit.id.hex().substr(0, 12)));
}

} // namespace

AllowedSigners allowed_signers_of(const KeySet& keys) {
    auto signers = AllowedSigners::parse(signers_text(keys));
    RevokedKeys revoked;
    for (const auto& key : keys.revoked) {
        revoked.add(key);
    }
    signers.revoke(std::move(revoked));
    return signers;
}

bool asks_for_signatures(const KeySet& keys, const CommitPlace& place) {
    return !policies_for(keys, place).empty();
}

void check_approval(const KeySet& keys, const CommitPlace& place, const SignedCommit& commit) {
    const auto policies = policies_for(keys, place);
    const auto signers = policies.empty() ? AllowedSigners() : allowed_signers_of(keys);
    std::optional<Count> first;
    for (const auto* const policy : policies) {
        auto count = count_signatures(signers, *policy, commit);
        if (count.signed_by.size() >= policy->count) {
            return;
        }
        if (!first) {
            first = std::move(count);
        }
    }
    if (first) {
        refuse(place, commit, *policies.front(), *first);
    }
}

} // namespace slipway::trust
