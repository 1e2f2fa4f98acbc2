#include "tree/text_diff.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace slipway::tree {
namespace {

using Lines = std::vector<std::string_view>;

/// What `hunks` make of `before`; fails if they do not leave an equal line between two.
Lines applied(const Lines& before, const Lines& after, const std::vector<Hunk>& hunks) {
    Lines result;
    std::size_t at = 0;
    for (const auto& hunk : hunks) {
        EXPECT_TRUE(hunk.before.begin > at || at == 0);
        EXPECT_FALSE(hunk.before.empty() && hunk.after.empty());
        while (at < hunk.before.begin) {
            result.push_back(before[at++]);
        }
        EXPECT_EQ(result.size(), hunk.after.begin);
        for (auto i = hunk.after.begin; i < hunk.after.end; ++i) {
            result.push_back(after[i]);
        }
        at = hunk.before.end;
    }
    result.insert(result.end(), before.begin() + static_cast<std::ptrdiff_t>(at), before.end());
    return result;
}

std::size_t edits(const std::vector<Hunk>& hunks) {
    std::size_t count = 0;
    for (const auto& hunk : hunks) {
        count += hunk.before.size() + hunk.after.size();
    }
    return count;
}

/// The fewest lines to remove and add, by the textbook's quadratic table.
std::size_t fewest_edits(const Lines& before, const Lines& after) {
    std::vector<std::vector<std::size_t>> common(
        before.size() + 1, std::vector<std::size_t>(after.size() + 1)
    );
    for (std::size_t i = 1; i <= before.size(); ++i) {
        for (std::size_t j = 1; j <= after.size(); ++j) {
            common[i][j] = before[i - 1] == after[j - 1]
                               ? common[i - 1][j - 1] + 1
                               : std::max(common[i - 1][j], common[i][j - 1]);
        }
    }
    return before.size() + after.size() - 2 * common[before.size()][after.size()];
}

Lines random_lines(std::mt19937& random, std::size_t longest, unsigned kinds) {
    static const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
    Lines lines(random() % (longest + 1));
    for (auto& line : lines) {
        line = names[random() % kinds];
    }
    return lines;
}

TEST(DiffLines, makes_the_new_text_of_the_old) {
    std::mt19937 random(1);
    for (int i = 0; i < 5000; ++i) {
        const auto before = random_lines(random, 30, 8);
        const auto after = random_lines(random, 30, 8);
        EXPECT_EQ(applied(before, after, diff_lines(before, after)), after);
    }
}

TEST(DiffLines, is_minimal_where_no_line_is_unique) {
    std::mt19937 random(2);
    int checked = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto before = random_lines(random, 24, 3);
        const auto after = random_lines(random, 24, 3);
        std::map<std::string_view, std::array<int, 2>> count;
        for (const auto line : before) {
            ++count[line][0];
        }
        for (const auto line : after) {
            ++count[line][1];
        }
        // Six of each stay more than one even where both ends are equal for a while.
        if (std::all_of(count.begin(), count.end(), [](const auto& entry) {
                return std::min(entry.second[0], entry.second[1]) >= 6;
            })) {
            EXPECT_EQ(edits(diff_lines(before, after)), fewest_edits(before, after));
            ++checked;
        }
    }
    EXPECT_GT(checked, 20);
}

TEST(DiffLines, of_equal_and_of_empty_texts) {
    const Lines lines{"a", "b"};
    EXPECT_TRUE(diff_lines(lines, lines).empty());
    EXPECT_TRUE(diff_lines({}, {}).empty());
    EXPECT_EQ(diff_lines({}, lines), (std::vector<Hunk>{{{0, 0}, {0, 2}}}));
    EXPECT_EQ(diff_lines(lines, {}), (std::vector<Hunk>{{{0, 2}, {0, 0}}}));
}

TEST(DiffLines, matches_lines_that_are_unique_before_others) {
    const Lines before{"{", "old", "}", "{", "kept", "}"};
    const Lines after{"{", "kept", "}"};
    EXPECT_EQ(diff_lines(before, after), (std::vector<Hunk>{{{1, 4}, {1, 1}}}));
}

TEST(DiffLines, gives_up_on_texts_that_differ_too_much_and_stays_right) {
    std::mt19937 random(3);
    Lines before(100000);
    Lines after(100000);
    for (auto* lines : {&before, &after}) {
        for (auto& line : *lines) {
            line = random() % 2 == 0 ? "a" : "b";
        }
    }
    EXPECT_EQ(applied(before, after, diff_lines(before, after)), after);
}

TEST(SplitLines, keeps_newlines_with_their_lines) {
    EXPECT_EQ(split_lines("a\n\nb"), (Lines{"a\n", "\n", "b"}));
    EXPECT_EQ(split_lines("a\n"), (Lines{"a\n"}));
    EXPECT_TRUE(split_lines("").empty());
}

constexpr DiffLabels labels{"a/file", "b/file"};

TEST(UnifiedDiff, has_three_lines_of_context) {
    EXPECT_EQ(
        unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", labels),
        "--- a/file\n+++ b/file\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    );
}

TEST(UnifiedDiff, joins_changes_whose_context_touches_and_keeps_others_apart) {
    const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
    EXPECT_EQ(
        unified_diff(
            before, "one\n2\n3\n4\n5\n6\n7\neight\n9\n10\n11\n12\n13\n14\n15\nsix\n", labels
        ),
        "--- a/file\n+++ b/file\n"
        "@@ -1,11 +1,11 @@\n-1\n+one\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+eight\n 9\n 10\n 11\n"
        "@@ -13,4 +13,4 @@\n 13\n 14\n 15\n-16\n+six\n"
    );
}

TEST(UnifiedDiff, marks_a_missing_newline_at_the_end) {
    EXPECT_EQ(
        unified_diff("a\nb", "a\nb\n", labels),
        "--- a/file\n+++ b/file\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
    );
    EXPECT_EQ(
        unified_diff("a", "b", labels),
        "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"
        "\\ No newline at end of file\n"
    );
}

TEST(UnifiedDiff, of_a_new_file_and_of_equal_ones) {
    EXPECT_EQ(unified_diff("", "a\n", labels), "--- a/file\n+++ b/file\n@@ -0,0 +1 @@\n+a\n");
    EXPECT_EQ(unified_diff("a\n", "a\n", labels), "");
}

} // namespace
} // namespace slipway::tree
