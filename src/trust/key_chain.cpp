#include "trust/key_chain.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::trust {

namespace {

constexpr std::string_view first_line = "slipway keys 1\n";
constexpr std::size_t longest_chain = 16U << 20U;

/// The encodings of the sets, one after the other.
std::vector<std::string_view> split_sets(std::string_view bytes) {
    std::vector<std::string_view> sets;
    while (!bytes.empty()) {
        const auto next = bytes.find("\nslipway keys 1\n");
        const auto end = next == std::string_view::npos ? bytes.size() : next + 1;
        sets.push_back(bytes.substr(0, end));
        bytes.remove_prefix(end);
    }
    return sets;
}

void check_number(const SignedKeySet* before, const KeySet& next) {
    if (before == nullptr) {
        if (next.sequence != 1) {
            throw Error(
                Fault::refused, fmt::format("the first key set has the number {}", next.sequence)
            )
                .hint("key sets begin with 1: earlier ones were left out");
        }
        return;
    }
    if (next.repository != before->keys.repository) {
        throw Error(
            Fault::refused, fmt::format("key set {} is of another repository", next.sequence)
        )
            .hint("are these the keys of the repository you mean?");
    }
    if (next.sequence != before->keys.sequence + 1) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the chain of keys has a gap: key set {} follows {}",
                next.sequence,
                before->keys.sequence
            )
        )
            .hint("ask who keeps the repository for the key sets between them");
    }
    if (next.previous != before->name()) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the chain of keys forks: key set {} follows another key set {}",
                next.sequence,
                before->keys.sequence
            )
        )
            .hint("somebody made two sets of one number: ask who keeps the repository which holds");
    }
}

} // namespace

SignedKeySet SignedKeySet::decode(std::string_view bytes) {
    auto document = decode_signed_text(bytes);
    auto keys = decode_key_set(document.text);
    return {std::move(document), std::move(keys)};
}

void check_step(const SignedKeySet* before, const SignedKeySet& next) {
    check_number(before, next.keys);
    const auto& signing = before == nullptr ? next.keys : before->keys;
    const auto signers = signers_among(next.document, key_set_namespace, signing.roots);
    if (signers.size() < signing.threshold) {
        throw Error(
            Fault::refused,
            fmt::format(
                "key set {} is signed by {} of the {} needed",
                next.keys.sequence,
                signers.size(),
                counted(signing.threshold, "root key")
            )
        )
            .hint("`slipway keys sign` adds a signature to a draft");
    }
}

KeyChain KeyChain::decode(std::string_view bytes) {
    if (!bytes.starts_with(first_line) || bytes.size() > longest_chain) {
        throw Error(Fault::corrupt, "this is no chain of key sets");
    }
    KeyChain chain;
    for (const auto part : split_sets(bytes)) {
        auto next = SignedKeySet::decode(part);
        if (!chain.sets_.empty()) {
            check_step(&chain.sets_.back(), next);
        } else if (next.keys.sequence == 1) {
            check_step(nullptr, next);
        }
        chain.sets_.push_back(std::move(next));
    }
    return chain;
}

bool KeyChain::contains(const Digest& name) const {
    return std::any_of(sets_.begin(), sets_.end(), [&](const SignedKeySet& set) {
        return set.name() == name;
    });
}

void KeyChain::follow(const KeyChain& offered) {
    const auto& known = newest();
    const auto number = known.keys.sequence;
    if (offered.newest().keys.repository != known.keys.repository) {
        throw Error(Fault::refused, "these are the keys of another repository")
            .hint("the keys that are trusted here belong to another one: name the right ones");
    }
    if (offered.newest().keys.sequence < number) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the keys end with key set {}, but key set {} is known",
                offered.newest().keys.sequence,
                number
            )
        )
            .hint("the server is out of date, or hides newer keys");
    }
    const auto first = offered.first().keys.sequence;
    if (first > number + 1) {
        throw Error(
            Fault::refused,
            fmt::format("the chain of keys has a gap: key set {} follows {}", first, number)
        )
            .hint("ask who keeps the repository for the key sets between them");
    }
    for (const auto& set : offered.sets()) {
        if (set.keys.sequence == number && set.name() != known.name()) {
            throw Error(
                Fault::refused,
                fmt::format("the chain of keys forks: there is another key set {}", number)
            )
                .hint("somebody made two sets of one number: ask who keeps the repository which "
                      "holds");
        }
    }
    for (const auto& set : offered.sets()) {
        if (set.keys.sequence > number) {
            check_step(&sets_.back(), set);
            sets_.push_back(set);
        }
    }
    // What came before the first set hangs from it: each names its predecessor.
    if (first < sets_.front().keys.sequence) {
        sets_ = offered.sets();
    }
}

std::string encode(const KeyChain& chain) {
    std::string bytes;
    for (const auto& set : chain.sets()) {
        bytes += encode(set.document);
    }
    return bytes;
}

} // namespace slipway::trust
