// /etc/subuid and /etc/subgid.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "tree/merge/drivers/records.h"

namespace slipway::tree {

namespace {

constexpr std::array subid_fields{
    RecordField{"name"},
    RecordField{"start", FieldKind::number},
    RecordField{"count", FieldKind::number}};

constexpr RecordFamily subid{"subordinate ids of", subid_fields, std::nullopt, 2, false};

std::string owner_of(std::string_view line) {
    return std::string(line.substr(0, line.find(':')));
}

/// The records of one version.
struct Ranges {
    explicit Ranges(const Parts& parts) {
        for (const auto& part : parts) {
            if (part.kind == PartKind::record) {
                by_owner[owner_of(part.text)].push_back(part.text);
                lines.insert(part.text);
            }
        }
    }

    /// The lines of a name, as one text; nothing if there are none.
    std::optional<std::string> listed(const std::string& owner) const {
        const auto found = by_owner.find(owner);
        if (found == by_owner.end()) {
            return std::nullopt;
        }
        std::string text;
        for (const auto line : found->second) {
            text += text.empty() ? "" : "\n";
            text += line;
        }
        return text;
    }

    std::unordered_map<std::string, std::vector<std::string_view>> by_owner;
    std::unordered_set<std::string_view> lines;
};

/// What the records of the result are checked for together.
class SubidChecks {
public:
    SubidChecks(const Three<Parts>& versions, Judge& judge)
        : judge_(judge), base_(versions.base), ours_(versions.ours), theirs_(versions.theirs) {}

    void run(MergedParts& merged) {
        dropped_.assign(merged.size(), false);
        check_removed(merged);
        check_overlaps(merged);
        MergedParts kept;
        for (std::size_t i = 0; i < merged.size(); ++i) {
            if (!dropped_[i]) {
                kept.push_back(std::move(merged[i]));
            }
            for (const auto line : restored_[i]) {
                kept.push_back({PartKind::record, {}, std::string(line)});
            }
        }
        merged = std::move(kept);
    }

private:
    enum class Origin { both, ours, theirs };

    struct Range {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        std::size_t at = 0;
        Origin origin = Origin::both;
    };

    Origin origin(std::string_view line) const {
        const auto in_ours = ours_.lines.contains(line);
        return in_ours == theirs_.lines.contains(line) ? Origin::both
               : in_ours                               ? Origin::ours
                                                       : Origin::theirs;
    }

    /// One side removed a name, the other gave it a range.
    void check_removed(const MergedParts& merged) {
        std::unordered_map<std::string, std::optional<Side>> decisions;
        for (std::size_t i = 0; i < merged.size(); ++i) {
            if (merged[i].kind != PartKind::record || merged[i].contested) {
                continue;
            }
            const auto owner = owner_of(merged[i].text);
            if (!base_.by_owner.contains(owner) ||
                (ours_.by_owner.contains(owner) && theirs_.by_owner.contains(owner))) {
                continue;
            }
            const auto [decision, is_new] = decisions.try_emplace(owner);
            if (is_new) {
                decision->second = decide_removed(owner);
            }
            if (const auto& side = decision->second) {
                // The record goes, or its name has again what its side gave it.
                dropped_[i] = true;
                if (is_new && pick(*side, ours_, theirs_).by_owner.contains(owner)) {
                    restored_[i] = pick(*side, ours_, theirs_).by_owner.at(owner);
                }
            }
        }
    }

    /// Nothing if the conflict stays open.
    std::optional<Side> decide_removed(const std::string& owner) {
        const auto open = judge_.open();
        const auto side = judge_.conflict(
            {std::string(subid.noun) + " " + owner,
             base_.listed(owner),
             ours_.listed(owner),
             theirs_.listed(owner)}
        );
        return judge_.open() == open ? std::optional(side) : std::nullopt;
    }

    /// Ranges of ours and of theirs that share ids, each range once.
    void check_overlaps(const MergedParts& merged) {
        auto ranges = ranges_of(merged);
        std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
            return std::pair(a.begin, a.at) < std::pair(b.begin, b.at);
        });
        std::erase_if(ranges, [](const Range& range) {
            return range.origin == Origin::both || range.begin == range.end;
        });
        std::optional<Range> last_ours;
        std::optional<Range> last_theirs;
        for (const auto& range : ranges) {
            auto& own = range.origin == Origin::ours ? last_ours : last_theirs;
            auto& other = range.origin == Origin::ours ? last_theirs : last_ours;
            if (other && other->end > range.begin && !dropped_[other->at]) {
                decide_overlap(merged, range, *other);
            }
            if (!dropped_[range.at] && (!own || own->end < range.end)) {
                own = range;
            }
        }
    }

    std::vector<Range> ranges_of(const MergedParts& merged) const {
        std::vector<Range> ranges;
        for (std::size_t i = 0; i < merged.size(); ++i) {
            if (merged[i].kind == PartKind::record && !merged[i].contested && !dropped_[i]) {
                const auto fields = split(merged[i].text, ':');
                const std::uint64_t begin = parse_id(fields[1]).value_or(0);
                const std::uint64_t count = parse_id(fields[2]).value_or(0);
                ranges.push_back({begin, begin + count, i, origin(merged[i].text)});
            }
        }
        return ranges;
    }

    /// `range` and `other` are of different sides.
    void decide_overlap(const MergedParts& merged, const Range& range, const Range& other) {
        const auto [ours, theirs] = range.origin == Origin::ours ? std::pair(range.at, other.at)
                                                                 : std::pair(other.at, range.at);
        const auto open = judge_.open();
        const auto side = judge_.conflict(
            {"overlapping subordinate ids", std::nullopt, merged[ours].text, merged[theirs].text}
        );
        if (judge_.open() == open) {
            dropped_[pick(side, theirs, ours)] = true;
        }
    }

    Judge& judge_;
    Ranges base_;
    Ranges ours_;
    Ranges theirs_;
    std::vector<bool> dropped_;
    std::unordered_map<std::size_t, std::vector<std::string_view>> restored_; ///< behind a record
};

} // namespace

const RecordFamily& subid_family() {
    return subid;
}

std::string merge_subid(const TextVersions& versions, Judge& judge) {
    const Three<LineFile> files{
        read_lines(versions.base.value_or("")),
        read_lines(versions.ours),
        read_lines(versions.theirs)};
    const Three<Parts> parts{
        parse_records(files.base, subid),
        parse_records(files.ours, subid),
        parse_records(files.theirs, subid)};
    auto merged = merge_parts(parts, record_rules(subid, judge), judge);
    SubidChecks(parts, judge).run(merged);
    return join_parts(merged, merged_final_newline(files));
}

} // namespace slipway::tree
