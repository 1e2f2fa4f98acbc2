// Ranges of subordinate ids that theirs must move.
#include <algorithm>

#include "base/text.h"
#include "tree/merge/drivers/id_moves.h"

namespace slipway::tree {

namespace {

/// SUB_UID_MIN and SUB_UID_MAX of login.defs.
constexpr std::uint64_t first_subordinate_id = 100000;
constexpr std::uint64_t last_subordinate_id = 600100000;

struct Range {
    std::string owner;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t count() const { return end - begin; }

    bool overlaps(const Range& other) const { return begin < other.end && other.begin < end; }
};

std::string key_of(const Range& range) {
    return range.owner + ":" + std::to_string(range.begin) + ":" + std::to_string(range.end);
}

std::vector<Range> read_ranges(ConstBytes file) {
    std::vector<Range> ranges;
    for (const auto& part : parse_records(read_lines(as_text(file)), subid_family())) {
        if (part.kind == PartKind::record) {
            const auto fields = split(part.text, ':');
            const std::uint64_t begin = parse_id(fields[1]).value_or(0);
            const std::uint64_t end = begin + parse_id(fields[2]).value_or(0);
            ranges.push_back({std::string(fields[0]), begin, end});
        }
    }
    return ranges;
}

using Keys = std::unordered_set<std::string>;

Keys keys_of(const std::vector<Range>& ranges) {
    Keys keys;
    for (const auto& range : ranges) {
        keys.insert(key_of(range));
    }
    return keys;
}

/// Finds a range that overlaps another, in logarithmic time.
class RangeIndex {
public:
    explicit RangeIndex(std::vector<Range> ranges) : ranges_(std::move(ranges)) {
        std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
            return a.begin < b.begin;
        });
        for (std::size_t i = 0; i < ranges_.size(); ++i) {
            const auto goes_on = i > 0 && ranges_[longest_[i - 1]].end >= ranges_[i].end;
            longest_.push_back(goes_on ? longest_[i - 1] : i);
        }
    }

    const Range* overlapping(const Range& range) const {
        const auto behind =
            std::partition_point(ranges_.begin(), ranges_.end(), [&](const Range& other) {
                return other.begin < range.end;
            });
        if (behind == ranges_.begin()) {
            return nullptr;
        }
        const auto last = static_cast<std::size_t>(behind - ranges_.begin()) - 1;
        const auto& found = ranges_[longest_[last]];
        return found.overlaps(range) ? &found : nullptr;
    }

private:
    std::vector<Range> ranges_;
    std::vector<std::size_t> longest_; ///< of the ranges up to each, the one that ends last
};

class SubidPlanner {
public:
    SubidPlanner(IdKind kind, const Three<ConstBytes>& files)
        : kind_(kind), base_(read_ranges(files.base)), ours_(read_ranges(files.ours)),
          theirs_(read_ranges(files.theirs)), in_base_(keys_of(base_)), in_ours_(keys_of(ours_)),
          new_in_ours_(new_ranges(ours_, theirs_)), new_in_theirs_(new_ranges(theirs_, ours_)),
          fixed_in_theirs_(old_ranges(theirs_)) {
        for (const auto* ranges : {&base_, &ours_, &theirs_}) {
            for (const auto& range : *ranges) {
                next_ = std::max(next_, range.end);
            }
        }
        count_by_owner(new_in_ours_, single_in_ours_);
        count_by_owner(new_in_theirs_, single_in_theirs_);
    }

    /// Fills the plan's clashes and moves.
    void run(SubidPlan& plan) {
        const RangeIndex rivals(new_in_ours_);
        const RangeIndex fixed(fixed_in_theirs_);
        for (const auto& range : new_in_theirs_) {
            const auto* follows = same_in_ours(range);
            const auto* rival = rivals.overlapping(range);
            if (follows == nullptr && rival == nullptr) {
                continue;
            }
            IdClash clash{kind_, static_cast<std::uint32_t>(range.begin), {}, range.owner};
            clash.ours = follows != nullptr ? follows->owner : rival->owner;
            if (fixed.overlapping(range) == nullptr) {
                clash.to = follows != nullptr
                               ? std::optional(static_cast<std::uint32_t>(follows->begin))
                               : free_range(range.count());
            }
            if (clash.to) {
                plan.moves.push_back(
                    {clash.id, static_cast<std::uint32_t>(range.count()), *clash.to}
                );
            }
            plan.clashes.push_back(std::move(clash));
        }
    }

private:
    using Singles = std::unordered_map<std::string, const Range*>;

    /// Ranges of one side that neither the base nor the other side has.
    std::vector<Range>
    new_ranges(const std::vector<Range>& side, const std::vector<Range>& other) const {
        const auto in_other = keys_of(other);
        std::vector<Range> found;
        for (const auto& range : side) {
            const auto key = key_of(range);
            if (!in_base_.contains(key) && !in_other.contains(key)) {
                found.push_back(range);
            }
        }
        return found;
    }

    std::vector<Range> old_ranges(const std::vector<Range>& side) const {
        std::vector<Range> found;
        for (const auto& range : side) {
            const auto key = key_of(range);
            if (in_base_.contains(key) || in_ours_.contains(key)) {
                found.push_back(range);
            }
        }
        return found;
    }

    /// The one range of each owner; null for an owner of several.
    static void count_by_owner(const std::vector<Range>& ranges, Singles& singles) {
        for (const auto& range : ranges) {
            const auto [at, is_new] = singles.try_emplace(range.owner, &range);
            at->second = is_new ? &range : nullptr;
        }
    }

    /// The range that ours newly gives to the same owner, if each side gives it just one, as long.
    const Range* same_in_ours(const Range& range) const {
        const auto ours = single_in_ours_.find(range.owner);
        const auto fits = ours != single_in_ours_.end() && ours->second != nullptr &&
                          single_in_theirs_.at(range.owner) != nullptr &&
                          ours->second->count() == range.count();
        return fits ? ours->second : nullptr;
    }

    std::optional<std::uint32_t> free_range(std::uint64_t count) {
        if (next_ + count > last_subordinate_id + 1) {
            return std::nullopt;
        }
        const auto begin = static_cast<std::uint32_t>(next_);
        next_ += count;
        return begin;
    }

    IdKind kind_;
    std::vector<Range> base_;
    std::vector<Range> ours_;
    std::vector<Range> theirs_;
    Keys in_base_;
    Keys in_ours_;
    std::vector<Range> new_in_ours_;
    std::vector<Range> new_in_theirs_;
    std::vector<Range> fixed_in_theirs_;
    Singles single_in_ours_;
    Singles single_in_theirs_;
    std::uint64_t next_ = first_subordinate_id;
};

} // namespace

SubidPlan plan_subids(IdKind kind, const Three<ConstBytes>& files, const IdMap& owners) {
    SubidPlan plan;
    SubidPlanner(kind, files).run(plan);
    std::unordered_map<std::uint32_t, std::uint32_t> starts;
    for (const auto& move : plan.moves) {
        starts[move.from] = move.to;
    }
    plan.file = rewrite_records(
        files.theirs,
        subid_family(),
        [&](std::size_t field, std::string_view text) {
            const auto id = parse_id(text);
            if (field == 0 && id && owners(*id) != *id) {
                return std::to_string(owners(*id));
            }
            const auto start = field == 1 ? starts.find(id.value_or(0)) : starts.end();
            return start == starts.end() ? std::string(text) : std::to_string(start->second);
        }
    );
    return plan;
}

} // namespace slipway::tree
