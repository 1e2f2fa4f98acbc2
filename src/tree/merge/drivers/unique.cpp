#include "tree/merge/drivers/unique.h"

#include <unordered_map>

namespace slipway::tree {

namespace {

/// The values of records of one version, and who has them.
class Holders {
public:
    Holders(const Parts& parts, const UniqueValue& unique) {
        for (const auto& part : parts) {
            if (const auto value = unique.of(part.kind, part.text)) {
                // Of several parts with one key the first is the record.
                if (value_of_.try_emplace(part.key, *value).second) {
                    keys_of_[*value].push_back(part.key);
                }
            }
        }
    }

    bool has(const std::string& key, const std::string& value) const {
        const auto found = value_of_.find(key);
        return found != value_of_.end() && found->second == value;
    }

    const std::vector<std::string>& keys(const std::string& value) const {
        static const std::vector<std::string> none;
        const auto found = keys_of_.find(value);
        return found == keys_of_.end() ? none : found->second;
    }

private:
    std::unordered_map<std::string, std::string> value_of_;
    std::unordered_map<std::string, std::vector<std::string>> keys_of_;
};

/// Names as one text; nothing if there are none.
std::optional<std::string> listed(const std::vector<std::string>& keys) {
    if (keys.empty()) {
        return std::nullopt;
    }
    std::string text;
    for (const auto& key : keys) {
        text += (text.empty() ? "" : ", ") + key;
    }
    return text;
}

class Uniqueness {
public:
    Uniqueness(const Three<Parts>& versions, const UniqueValue& unique)
        : unique_(unique), base_(versions.base, unique), ours_(versions.ours, unique),
          theirs_(versions.theirs, unique) {}

    void keep(MergedParts& merged, Judge& judge) const {
        std::unordered_map<std::string, std::vector<std::size_t>> by_value;
        std::vector<std::string> values; // in the order of the file
        for (std::size_t i = 0; i < merged.size(); ++i) {
            const auto value = unique_.of(merged[i].kind, merged[i].text);
            if (value && !merged[i].contested) {
                auto& at = by_value[*value];
                at.push_back(i);
                if (at.size() == 2) {
                    values.push_back(*value);
                }
            }
        }
        std::vector<bool> dropped(merged.size());
        for (const auto& value : values) {
            check(merged, {value, by_value[value]}, dropped, judge);
        }
        erase(merged, dropped);
    }

private:
    struct Claim {
        const std::string& value;
        const std::vector<std::size_t>& at;
    };

    void check(
        const MergedParts& merged, const Claim& claim, std::vector<bool>& dropped, Judge& judge
    ) const {
        std::vector<std::size_t> by_ours;
        std::vector<std::size_t> by_theirs;
        std::vector<std::string> our_keys;
        std::vector<std::string> their_keys;
        for (const auto i : claim.at) {
            const auto& key = merged[i].key;
            const auto in_ours = ours_.has(key, claim.value);
            const auto in_theirs = theirs_.has(key, claim.value);
            if (in_ours && !in_theirs) {
                by_ours.push_back(i);
                our_keys.push_back(key);
            } else if (in_theirs && !in_ours) {
                by_theirs.push_back(i);
                their_keys.push_back(key);
            }
        }
        if (by_ours.empty() || by_theirs.empty()) {
            return;
        }
        const auto open = judge.open();
        const auto side = judge.conflict(
            {unique_.name(claim.value),
             listed(base_.keys(claim.value)),
             listed(our_keys),
             listed(their_keys)}
        );
        if (judge.open() == open) {
            for (const auto i : pick(side, by_theirs, by_ours)) {
                dropped[i] = true;
                judge.note(merged[i].key + ": left out, for " + unique_.name(claim.value));
            }
        }
    }

    static void erase(MergedParts& merged, const std::vector<bool>& dropped) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < merged.size(); ++i) {
            if (!dropped[i]) {
                if (kept != i) {
                    merged[kept] = std::move(merged[i]);
                }
                ++kept;
            }
        }
        merged.resize(kept);
    }

    const UniqueValue& unique_;
    Holders base_;
    Holders ours_;
    Holders theirs_;
};

} // namespace

void keep_unique(
    MergedParts& merged, const Three<Parts>& versions, const UniqueValue& unique, Judge& judge
) {
    Uniqueness(versions, unique).keep(merged, judge);
}

} // namespace slipway::tree
