#include "trust/key_set.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/allowed_signers.h"
#include "trust/text_lines.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::string_view title = "slipway keys 1";
constexpr std::size_t longest_key_set = 1U << 20U;

std::string key_lines(std::string_view name, const std::vector<PublicKey>& keys) {
    std::string lines;
    for (const auto& key : keys) {
        lines += fmt::format("{} {}\n", name, key.line());
    }
    return lines;
}

std::vector<PublicKey> take_keys(TextLines& lines, std::string_view name) {
    std::vector<PublicKey> keys;
    while (const auto line = lines.take(name)) {
        auto key = PublicKey::parse_line(*line);
        if (key.line() != *line) {
            throw lines.wrong(fmt::format("a key of '{}' has more than type and key", name));
        }
        if (!keys.empty() && !(keys.back() < key)) {
            throw lines.wrong(fmt::format("the keys of '{}' are not sorted", name));
        }
        keys.push_back(std::move(key));
    }
    return keys;
}

std::vector<std::string> take_signers(TextLines& lines) {
    std::vector<std::string> signers;
    std::set<std::string_view> known;
    while (const auto line = lines.take("signer")) {
        const auto parsed = AllowedSigners::parse(*line);
        if (parsed.lines().size() != 1) {
            throw lines.wrong("a signer is no line of allowed signers");
        }
        if (parsed.lines().front().has_local_times) {
            throw lines.wrong("a signer has a time without Z, which is another one on each machine"
            );
        }
        if (!known.insert(*line).second) {
            throw lines.wrong("a signer is there twice");
        }
        signers.emplace_back(*line);
    }
    return signers;
}

/// Only a '*' at the end stands for more than itself.
bool is_pattern(std::string_view text) {
    const auto star = text.find('*');
    return !text.empty() && (star == std::string_view::npos || star + 1 == text.size());
}

BranchPolicy decode_policy(const TextLines& lines, std::string_view line) {
    const auto words = split(line, ' ');
    if (words.size() < 2 || !is_pattern(words[0])) {
        throw lines.wrong(fmt::format("'{}' is no policy", printable(line)));
    }
    BranchPolicy policy{std::string(words[0]), lines.number(words[1]), {}};
    std::set<std::string_view> known;
    for (std::size_t i = 2; i < words.size(); ++i) {
        if (words[i].empty() || !known.insert(words[i]).second) {
            throw lines.wrong(fmt::format("'{}' names nobody, or somebody twice", printable(line)));
        }
        policy.principals.emplace_back(words[i]);
    }
    const auto is_any = known.contains("*");
    if ((is_any && policy.principals.size() > 1) ||
        (!is_any && policy.count > policy.principals.size()) ||
        (policy.count == 0 && !policy.principals.empty())) {
        throw lines.wrong(fmt::format("'{}' asks for what cannot be", printable(line)));
    }
    return policy;
}

std::vector<BranchPolicy> take_policies(TextLines& lines) {
    std::vector<BranchPolicy> policies;
    std::set<std::string> patterns;
    while (const auto line = lines.take("branch")) {
        policies.push_back(decode_policy(lines, *line));
        if (!patterns.insert(policies.back().pattern).second) {
            throw lines.wrong(fmt::format("'{}' is there twice", policies.back().pattern));
        }
    }
    return policies;
}

/// Throws unless the parts fit together.
void check(const KeySet& keys, const TextLines& lines) {
    if (keys.sequence == 0 || (keys.sequence == 1) == keys.previous.has_value()) {
        throw lines.wrong("only the first set has no predecessor");
    }
    if (keys.threshold == 0 || keys.threshold > keys.roots.size()) {
        throw lines.wrong(fmt::format(
            "{} of {} cannot sign", keys.threshold, counted(keys.roots.size(), "root key")
        ));
    }
    for (const auto* const kind : {&keys.roots, &keys.servers}) {
        for (const auto& key : *kind) {
            if (std::binary_search(keys.revoked.begin(), keys.revoked.end(), key)) {
                throw lines.wrong(fmt::format("{} is revoked, and in use", key.fingerprint()));
            }
        }
    }
}

} // namespace

std::string encode(const KeySet& keys) {
    auto text = fmt::format(
        "{}\nrepository {}\nsequence {}\n", title, keys.repository.hex(), keys.sequence
    );
    if (keys.previous) {
        text += fmt::format("previous {}\n", keys.previous->hex());
    }
    text += fmt::format(
        "time {}\nthreshold {}\n", time_text(static_cast<std::uint64_t>(keys.time)), keys.threshold
    );
    text += key_lines("root", keys.roots) + key_lines("server", keys.servers);
    for (const auto& signer : keys.signers) {
        text += fmt::format("signer {}\n", signer);
    }
    text += key_lines("revoked", keys.revoked);
    for (const auto& policy : keys.branches) {
        text += fmt::format("branch {} {}", policy.pattern, policy.count);
        for (const auto& principal : policy.principals) {
            text += " " + principal;
        }
        text += "\n";
    }
    return text;
}

KeySet decode_key_set(std::string_view text) {
    TextLines lines(text, title, "a key set");
    if (text.size() > longest_key_set) {
        throw lines.wrong("it is too long");
    }
    KeySet keys;
    keys.repository = lines.need_digest("repository");
    keys.sequence = lines.need_number("sequence");
    if (const auto previous = lines.take("previous")) {
        keys.previous = lines.digest(*previous);
    }
    keys.time = lines.need_time("time");
    keys.threshold = lines.need_number("threshold");
    keys.roots = take_keys(lines, "root");
    keys.servers = take_keys(lines, "server");
    keys.signers = take_signers(lines);
    keys.revoked = take_keys(lines, "revoked");
    keys.branches = take_policies(lines);
    lines.finish();
    check(keys, lines);
    return keys;
}

const BranchPolicy* policy_of(const KeySet& keys, std::string_view branch) {
    for (const auto& policy : keys.branches) {
        const std::string_view pattern = policy.pattern;
        const auto fits = pattern.ends_with('*')
                              ? branch.starts_with(pattern.substr(0, pattern.size() - 1))
                              : branch == pattern;
        if (fits) {
            return policy.count > 0 ? &policy : nullptr;
        }
    }
    return nullptr;
}

std::string signers_text(const KeySet& keys) {
    std::string text;
    for (const auto& signer : keys.signers) {
        text += signer + "\n";
    }
    return text;
}

} // namespace slipway::trust
