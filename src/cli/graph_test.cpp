#include "cli/graph.h"

#include <gtest/gtest.h>

namespace slipway::cli {
namespace {

struct Commit {
    std::string name;
    std::vector<std::string> parents;
};

Digest id_of(const std::string& name) {
    return sha256(as_bytes(name));
}

std::string draw(const std::vector<Commit>& commits) {
    Graph graph;
    std::string text;
    for (const auto& commit : commits) {
        const auto id = id_of(commit.name);
        std::vector<Digest> parents;
        for (const auto& parent : commit.parents) {
            parents.push_back(id_of(parent));
        }
        text += graph.lines_before(id);
        text += graph.mark(id) + " " + commit.name + "\n";
        text += graph.lines_after(id, parents);
    }
    return text;
}

TEST(Graph, OfARowIsAColumnOfStars) {
    EXPECT_EQ(draw({{"c", {"b"}}, {"b", {"a"}}, {"a", {}}}), "* c\n* b\n* a\n");
}

TEST(Graph, PartsAtAMergeAndMeetAgain) {
    EXPECT_EQ(
        draw({{"merge", {"left", "right"}}, {"right", {"base"}}, {"left", {"base"}}, {"base", {}}}),
        "* merge\n"
        "|\\\n"
        "| * right\n"
        "* | left\n"
        "|/\n"
        "* base\n"
    );
}

TEST(Graph, CrossesOverColumnsThatGoOn) {
    EXPECT_EQ(
        draw(
            {{"m", {"a", "b", "c"}},
             {"c", {"base"}},
             {"a", {"base"}},
             {"b", {"old"}},
             {"base", {"old"}},
             {"old", {}}}
        ),
        "* m\n"
        "|\\\n"
        "|\\ \\\n"
        "| | * c\n"
        "* | | a\n"
        "| * | b\n"
        "|_|/\n"
        "* | base\n"
        "|/\n"
        "* old\n"
    );
}

TEST(Graph, EndsAColumnAtACommitWithoutParents) {
    EXPECT_EQ(
        draw({{"m", {"one", "two"}}, {"one", {}}, {"two", {}}}),
        "* m\n"
        "|\\\n"
        "* | one\n"
        " /\n"
        "* two\n"
    );
}

} // namespace
} // namespace slipway::cli
