// What differs between two texts, line by line.
//
// Lines that occur once on either side are matched first (Cohen's patience diff). What lies between
// them is matched by the linear-space algorithm of Myers, "An O(ND) difference algorithm and its
// variations", 1986. Its search gives up after a fixed number of edits; the lines between are then
// given as replaced. So time is O(lines) with a large constant at worst, and memory O(lines).
// Pure functions: any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tree {

/// The lines of `text`, seen in place, each with its newline; only the last may have none.
std::vector<std::string_view> split_lines(std::string_view text);

/// Lines from `begin` up to, without, `end`; the first line is 0.
struct LineRange {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t size() const { return end - begin; }

    bool empty() const { return begin == end; }

    friend bool operator==(const LineRange&, const LineRange&) = default;
};

/// Lines of the old text that are replaced by lines of the new one. One of both may be empty.
struct Hunk {
    LineRange before;
    LineRange after;
    friend bool operator==(const Hunk&, const Hunk&) = default;
};

/// The changes that make `after` of `before`, in order; between two lies at least one equal line.
/// Lines are equal if their bytes are.
std::vector<Hunk>
diff_lines(std::span<const std::string_view> before, std::span<const std::string_view> after);

/// What the two texts are called in the first lines of a unified diff.
struct DiffLabels {
    std::string_view before;
    std::string_view after;
};

/// The unified diff of two texts with three lines of context, as `diff -u` and `patch` know it;
/// empty if they are equal.
std::string unified_diff(std::string_view before, std::string_view after, const DiffLabels& labels);

} // namespace slipway::tree
