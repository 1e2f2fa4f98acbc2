#include "tree/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

namespace slipway::tree {

namespace {

constexpr std::size_t context_lines = 3;

/// How often a region is cut at lines that are unique in it before Myers' search takes over. Each
/// time costs the length of the region.
constexpr int deepest_cut = 8;

/// Edits that Myers' search follows from either end. The search costs the square of it.
constexpr std::ptrdiff_t most_edits = 512;

struct Box {
    LineRange before;
    LineRange after;
    int depth = 0; ///< how often it was cut at unique lines
};

/// A line of the old text and the equal line of the new one.
struct Match {
    std::size_t before = 0;
    std::size_t after = 0;
};

/// The longest subsequence of `matches`, which rise in `before`, that also rises in `after`.
std::vector<Match> longest_rising(const std::vector<Match>& matches) {
    constexpr auto none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> tails; // of the best subsequence of each length: its last match
    std::vector<std::size_t> previous(matches.size(), none);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const auto at =
            std::lower_bound(tails.begin(), tails.end(), i, [&](std::size_t a, std::size_t b) {
                return matches[a].after < matches[b].after;
            });
        previous[i] = at == tails.begin() ? none : *(at - 1);
        if (at == tails.end()) {
            tails.push_back(i);
        } else {
            *at = i;
        }
    }
    std::vector<Match> rising;
    for (auto i = tails.empty() ? none : tails.back(); i != none; i = previous[i]) {
        rising.push_back(matches[i]);
    }
    std::reverse(rising.begin(), rising.end());
    return rising;
}

/// How far paths with a number of edits have come on each diagonal, from one corner of a box.
class Frontier {
public:
    explicit Frontier(std::ptrdiff_t widest)
        : middle_(widest + 1), reach_(static_cast<std::size_t>(2 * widest + 3)) {}

    std::ptrdiff_t& at(std::ptrdiff_t diagonal) {
        return reach_[static_cast<std::size_t>(middle_ + diagonal)];
    }

    /// The start of a path with `edits` edits on a diagonal: one edit behind the better neighbour.
    std::ptrdiff_t start(std::ptrdiff_t diagonal, std::ptrdiff_t edits) {
        const auto from_above =
            diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
        return from_above ? at(diagonal + 1) : at(diagonal - 1) + 1;
    }

private:
    std::ptrdiff_t middle_;
    std::vector<std::ptrdiff_t> reach_;
};

/// Myers' search for a point that an optimal path through a box passes half way.
class MiddleSearch {
public:
    MiddleSearch(std::span<const std::uint32_t> before, std::span<const std::uint32_t> after)
        : before_(before), after_(after), width_(std::ssize(before)), height_(std::ssize(after)),
          limit_(std::min((width_ + height_ + 1) / 2, most_edits)), ahead_(limit_), back_(limit_) {}

    /// Nothing if it would need too many edits.
    std::optional<Match> find() {
        for (std::ptrdiff_t edits = 0; edits <= limit_; ++edits) {
            for (auto diagonal = -edits; diagonal <= edits; diagonal += 2) {
                if (step_ahead(diagonal, edits)) {
                    return point(ahead_.at(diagonal), ahead_.at(diagonal) - diagonal);
                }
            }
            for (auto diagonal = -edits; diagonal <= edits; diagonal += 2) {
                if (step_back(diagonal, edits)) {
                    const auto x = back_.at(diagonal);
                    return point(width_ - x, height_ - (x - diagonal));
                }
            }
        }
        return std::nullopt;
    }

private:
    static Match point(std::ptrdiff_t x, std::ptrdiff_t y) {
        return {static_cast<std::size_t>(x), static_cast<std::size_t>(y)};
    }

    bool equal(std::ptrdiff_t x, std::ptrdiff_t y) const {
        return before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(y)];
    }

    /// True if the path meets one from the other end.
    bool step_ahead(std::ptrdiff_t diagonal, std::ptrdiff_t edits) {
        auto x = ahead_.start(diagonal, edits);
        while (x < width_ && x - diagonal < height_ && equal(x, x - diagonal)) {
            ++x;
        }
        ahead_.at(diagonal) = x;
        return odd() && meets(x, diagonal, back_, edits - 1);
    }

    bool step_back(std::ptrdiff_t diagonal, std::ptrdiff_t edits) {
        auto x = back_.start(diagonal, edits);
        while (x < width_ && x - diagonal < height_ &&
               equal(width_ - 1 - x, height_ - 1 - (x - diagonal))) {
            ++x;
        }
        back_.at(diagonal) = x;
        return !odd() && meets(x, diagonal, ahead_, edits);
    }

    bool odd() const { return (width_ - height_) % 2 != 0; }

    bool
    meets(std::ptrdiff_t x, std::ptrdiff_t diagonal, Frontier& other, std::ptrdiff_t edits) const {
        const auto opposite = width_ - height_ - diagonal;
        const auto inside = x <= width_ && x - diagonal <= height_;
        return inside && opposite >= -edits && opposite <= edits &&
               x + other.at(opposite) >= width_;
    }

    std::span<const std::uint32_t> before_;
    std::span<const std::uint32_t> after_;
    std::ptrdiff_t width_;
    std::ptrdiff_t height_;
    std::ptrdiff_t limit_;
    Frontier ahead_;
    Frontier back_;
};

/// Marks the lines of both texts that have no equal in the other.
class LineMatcher {
public:
    LineMatcher(std::span<const std::string_view> before, std::span<const std::string_view> after)
        : before_(number(before)), after_(number(after)), occurrences_(numbers_.size()),
          removed_(before.size()), added_(after.size()) {
        open_.push_back({{0, before.size()}, {0, after.size()}});
        while (!open_.empty()) {
            const auto box = open_.back();
            open_.pop_back();
            match(box);
        }
    }

    std::vector<Hunk> hunks() const {
        std::vector<Hunk> hunks;
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < removed_.size() || j < added_.size()) {
            Hunk hunk{{i, i}, {j, j}};
            while (hunk.before.end < removed_.size() && removed_[hunk.before.end]) {
                ++hunk.before.end;
            }
            while (hunk.after.end < added_.size() && added_[hunk.after.end]) {
                ++hunk.after.end;
            }
            if (!hunk.before.empty() || !hunk.after.empty()) {
                hunks.push_back(hunk);
            }
            i = hunk.before.end + 1;
            j = hunk.after.end + 1;
        }
        return hunks;
    }

private:
    struct Occurrence {
        std::uint32_t before = 0;
        std::uint32_t after = 0;
        std::size_t last_after = 0;
    };

    std::vector<std::uint32_t> number(std::span<const std::string_view> lines) {
        std::vector<std::uint32_t> ids;
        ids.reserve(lines.size());
        for (const auto line : lines) {
            const auto next = static_cast<std::uint32_t>(numbers_.size());
            ids.push_back(numbers_.try_emplace(line, next).first->second);
        }
        return ids;
    }

    void match(Box box) {
        trim(box);
        if (box.before.empty() || box.after.empty()) {
            mark(box);
        } else if (box.depth >= deepest_cut || !cut_at_unique(box)) {
            cut_in_the_middle(box);
        }
    }

    void trim(Box& box) const {
        auto& [before, after, depth] = box;
        while (!before.empty() && !after.empty() && before_[before.begin] == after_[after.begin]) {
            ++before.begin;
            ++after.begin;
        }
        while (!before.empty() && !after.empty() && before_[before.end - 1] == after_[after.end - 1]
        ) {
            --before.end;
            --after.end;
        }
    }

    void mark(const Box& box) {
        std::fill_n(removed_.begin() + std::ptrdiff_t(box.before.begin), box.before.size(), true);
        std::fill_n(added_.begin() + std::ptrdiff_t(box.after.begin), box.after.size(), true);
    }

    /// False if no line occurs exactly once on either side.
    bool cut_at_unique(const Box& box) {
        const auto anchors = longest_rising(unique_matches(box));
        auto rest = box;
        ++rest.depth;
        for (const auto& anchor : anchors) {
            auto part = rest;
            part.before.end = anchor.before;
            part.after.end = anchor.after;
            open_.push_back(part);
            rest.before.begin = anchor.before + 1;
            rest.after.begin = anchor.after + 1;
        }
        if (!anchors.empty()) {
            open_.push_back(rest);
        }
        return !anchors.empty();
    }

    std::vector<Match> unique_matches(const Box& box) {
        for (auto i = box.before.begin; i < box.before.end; ++i) {
            ++occurrences_[before_[i]].before;
        }
        for (auto j = box.after.begin; j < box.after.end; ++j) {
            ++occurrences_[after_[j]].after;
            occurrences_[after_[j]].last_after = j;
        }
        std::vector<Match> matches;
        for (auto i = box.before.begin; i < box.before.end; ++i) {
            const auto& found = occurrences_[before_[i]];
            if (found.before == 1 && found.after == 1) {
                matches.push_back({i, found.last_after});
            }
        }
        for (auto i = box.before.begin; i < box.before.end; ++i) {
            occurrences_[before_[i]] = {};
        }
        for (auto j = box.after.begin; j < box.after.end; ++j) {
            occurrences_[after_[j]] = {};
        }
        return matches;
    }

    void cut_in_the_middle(const Box& box) {
        const auto& [before, after, depth] = box;
        const auto middle = MiddleSearch(
                                std::span(before_).subspan(before.begin, before.size()),
                                std::span(after_).subspan(after.begin, after.size())
        )
                                .find();
        const auto steps = middle ? middle->before + middle->after : 0;
        if (steps == 0 || steps == before.size() + after.size()) {
            mark(box);
            return;
        }
        const auto x = before.begin + middle->before;
        const auto y = after.begin + middle->after;
        open_.push_back({{before.begin, x}, {after.begin, y}, deepest_cut});
        open_.push_back({{x, before.end}, {y, after.end}, deepest_cut});
    }

    std::unordered_map<std::string_view, std::uint32_t> numbers_;
    std::vector<std::uint32_t> before_;
    std::vector<std::uint32_t> after_;
    std::vector<Occurrence> occurrences_; ///< by number of line; zero between two uses
    std::vector<bool> removed_;
    std::vector<bool> added_;
    std::vector<Box> open_;
};

/// "12,3": the first line, from 1, and how many; as diff -u writes it.
std::string range_text(const LineRange& range) {
    if (range.size() == 1) {
        return std::to_string(range.begin + 1);
    }
    return fmt::format("{},{}", range.empty() ? range.begin : range.begin + 1, range.size());
}

/// Writes hunks of a unified diff.
class UnifiedWriter {
public:
    UnifiedWriter(
        std::string& text,
        std::span<const std::string_view> before,
        std::span<const std::string_view> after
    )
        : text_(text), before_(before), after_(after) {}

    /// Changes that are near each other, with the lines between and around them.
    void group(std::span<const Hunk> changes) {
        const auto& first = changes.front();
        const auto& last = changes.back();
        const auto lead = std::min(context_lines, first.before.begin);
        const auto trail = std::min(context_lines, before_.size() - last.before.end);
        const LineRange before{first.before.begin - lead, last.before.end + trail};
        const LineRange after{first.after.begin - lead, last.after.end + trail};
        text_ += fmt::format("@@ -{} +{} @@\n", range_text(before), range_text(after));
        auto at = before.begin;
        for (const auto& change : changes) {
            lines(' ', before_, {at, change.before.begin});
            lines('-', before_, change.before);
            lines('+', after_, change.after);
            at = change.before.end;
        }
        lines(' ', before_, {at, before.end});
    }

private:
    void lines(char mark, std::span<const std::string_view> from, const LineRange& range) {
        for (const auto line : from.subspan(range.begin, range.size())) {
            text_ += mark;
            text_ += line;
            if (line.back() != '\n') {
                text_ += "\n\\ No newline at end of file\n";
            }
        }
    }

    std::string& text_;
    std::span<const std::string_view> before_;
    std::span<const std::string_view> after_;
};

} // namespace

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto length = end == std::string_view::npos ? text.size() : end + 1;
        lines.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return lines;
}

std::vector<Hunk>
diff_lines(std::span<const std::string_view> before, std::span<const std::string_view> after) {
    return LineMatcher(before, after).hunks();
}

std::string
unified_diff(std::string_view before, std::string_view after, const DiffLabels& labels) {
    const auto old_lines = split_lines(before);
    const auto new_lines = split_lines(after);
    const auto changes = diff_lines(old_lines, new_lines);
    if (changes.empty()) {
        return {};
    }
    auto text = fmt::format("--- {}\n+++ {}\n", labels.before, labels.after);
    UnifiedWriter writer(text, old_lines, new_lines);
    std::size_t first = 0;
    for (std::size_t i = 1; i <= changes.size(); ++i) {
        const auto near = i < changes.size() &&
                          changes[i].before.begin - changes[i - 1].before.end <= 2 * context_lines;
        if (!near) {
            writer.group(std::span(changes).subspan(first, i - first));
            first = i;
        }
    }
    return text;
}

} // namespace slipway::tree
