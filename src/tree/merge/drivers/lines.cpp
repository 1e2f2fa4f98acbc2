#include "tree/merge/drivers/lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "tree/merge/drivers/parts.h"
#include "tree/text_diff.h"

namespace slipway::tree {

namespace {

using Lines = std::vector<std::string_view>;

/// The text of some lines; nothing if there are none.
std::optional<std::string> text_of(const Lines& lines, const LineRange& range) {
    if (range.empty()) {
        return std::nullopt;
    }
    std::string text;
    for (auto i = range.begin; i < range.end; ++i) {
        text += i == range.begin ? "" : "\n";
        text += lines[i];
    }
    return text;
}

/// "lines 12-14", counted from 1.
std::string name_of(const LineRange& range) {
    if (range.empty()) {
        return range.begin == 0 ? "before line 1" : fmt::format("after line {}", range.begin);
    }
    return range.size() == 1 ? fmt::format("line {}", range.end)
                             : fmt::format("lines {}-{}", range.begin + 1, range.end);
}

/// The changes of one side, as they are taken into regions.
class Changes {
public:
    Changes(const Lines& base, const Lines& side) : hunks_(diff_lines(base, side)) {}

    bool at_end() const { return next_ == hunks_.size(); }

    std::size_t next_begin() const { return hunks_[next_].before.begin; }

    /// Takes the changes that begin at or before the end of a region, which grows by them.
    bool take_into(LineRange& region) {
        const auto first = next_;
        while (!at_end() && next_begin() <= region.end) {
            const auto& hunk = hunks_[next_++];
            region.end = std::max(region.end, hunk.before.end);
            // The side is so much longer than the base behind this change.
            shift_ = static_cast<std::ptrdiff_t>(hunk.after.end) -
                     static_cast<std::ptrdiff_t>(hunk.before.end);
        }
        return next_ != first;
    }

    /// Where a line of the base that no open change covers is on this side.
    std::size_t place(std::size_t base_line) const {
        return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(base_line) + shift_);
    }

private:
    std::vector<Hunk> hunks_;
    std::size_t next_ = 0;
    std::ptrdiff_t shift_ = 0;
};

/// One region of the base with what became of it.
struct Region {
    LineRange base;
    LineRange ours;
    LineRange theirs;
    bool by_ours = false;
    bool by_theirs = false;
};

class LineMerge {
public:
    LineMerge(const Three<LineFile>& files, Judge& judge)
        : base_(files.base.lines), ours_(files.ours.lines), theirs_(files.theirs.lines),
          judge_(judge) {}

    Lines three_way() {
        Changes ours(base_, ours_);
        Changes theirs(base_, theirs_);
        std::size_t at = 0;
        while (!ours.at_end() || !theirs.at_end()) {
            const auto region = next_region(ours, theirs);
            append(base_, {at, region.base.begin});
            settle(region);
            at = region.base.end;
        }
        append(base_, {at, base_.size()});
        return std::move(merged_);
    }

    Lines two_way() {
        std::size_t at = 0;
        for (const auto& hunk : diff_lines(ours_, theirs_)) {
            append(ours_, {at, hunk.before.begin});
            clash({{}, hunk.before, hunk.after, true, true});
            at = hunk.before.end;
        }
        append(ours_, {at, ours_.size()});
        return std::move(merged_);
    }

private:
    static Region next_region(Changes& ours, Changes& theirs) {
        const auto begin = ours.at_end()     ? theirs.next_begin()
                           : theirs.at_end() ? ours.next_begin()
                                             : std::min(ours.next_begin(), theirs.next_begin());
        Region region{{begin, begin}, {}, {}};
        region.ours.begin = ours.place(begin);
        region.theirs.begin = theirs.place(begin);
        for (bool grew = true; grew;) {
            const auto grew_by_ours = ours.take_into(region.base);
            const auto grew_by_theirs = theirs.take_into(region.base);
            region.by_ours |= grew_by_ours;
            region.by_theirs |= grew_by_theirs;
            grew = grew_by_ours || grew_by_theirs;
        }
        region.ours.end = ours.place(region.base.end);
        region.theirs.end = theirs.place(region.base.end);
        return region;
    }

    void settle(const Region& region) {
        if (!region.by_theirs || same(region)) {
            append(ours_, region.ours);
        } else if (!region.by_ours) {
            append(theirs_, region.theirs);
        } else {
            clash(region);
        }
    }

    bool same(const Region& region) const {
        return std::equal(
            ours_.begin() + static_cast<std::ptrdiff_t>(region.ours.begin),
            ours_.begin() + static_cast<std::ptrdiff_t>(region.ours.end),
            theirs_.begin() + static_cast<std::ptrdiff_t>(region.theirs.begin),
            theirs_.begin() + static_cast<std::ptrdiff_t>(region.theirs.end)
        );
    }

    void clash(const Region& region) {
        const auto side = judge_.conflict(
            {name_of(region.ours),
             text_of(base_, region.base),
             text_of(ours_, region.ours),
             text_of(theirs_, region.theirs)}
        );
        append(pick(side, ours_, theirs_), pick(side, region.ours, region.theirs));
    }

    void append(const Lines& lines, const LineRange& range) {
        merged_.insert(
            merged_.end(),
            lines.begin() + static_cast<std::ptrdiff_t>(range.begin),
            lines.begin() + static_cast<std::ptrdiff_t>(range.end)
        );
    }

    const Lines& base_;
    const Lines& ours_;
    const Lines& theirs_;
    Judge& judge_;
    Lines merged_;
};

Three<LineFile> read_versions(const TextVersions& versions) {
    return {
        read_lines(versions.base.value_or("")),
        read_lines(versions.ours),
        read_lines(versions.theirs)};
}

Parts loose_parts(const LineFile& file) {
    Parts parts;
    parts.reserve(file.lines.size());
    for (const auto line : file.lines) {
        parts.push_back({PartKind::loose, std::string(line), line});
    }
    return parts;
}

} // namespace

std::string merge_lines(const TextVersions& versions, Judge& judge) {
    const auto files = read_versions(versions);
    LineMerge merge(files, judge);
    const auto lines = versions.base ? merge.three_way() : merge.two_way();
    return join_lines(lines, merged_final_newline(files));
}

std::string merge_sorted_lines(const TextVersions& versions, Judge& judge) {
    const auto files = read_versions(versions);
    PartRules rules;
    rules.before = [](const std::string& a, const std::string& b) { return a < b; };
    const auto merged = merge_parts(
        {loose_parts(files.base), loose_parts(files.ours), loose_parts(files.theirs)}, rules, judge
    );
    return join_parts(merged, merged_final_newline(files));
}

} // namespace slipway::tree
