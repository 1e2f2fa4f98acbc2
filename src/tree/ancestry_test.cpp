#include "tree/ancestry.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Digest commit(char name) {
    return sha256(as_bytes(std::string(1, name)));
}

/// a comes from b and c, which both come from d, which comes from e.
class Ancestry : public testing::Test {
protected:
    std::vector<Digest> parents(const Digest& id) {
        ++asked[id];
        const auto found = graph.find(id);
        return found == graph.end() ? std::vector<Digest>() : found->second;
    }

    bool comes_from(char younger, char older) {
        return is_ancestor(commit(older), commit(younger), [this](const Digest& id) {
            return parents(id);
        });
    }

    std::map<Digest, std::vector<Digest>> graph{
        {commit('a'), {commit('b'), commit('c')}},
        {commit('b'), {commit('d')}},
        {commit('c'), {commit('d')}},
        {commit('d'), {commit('e')}}};
    std::map<Digest, int> asked;
};

TEST_F(Ancestry, gives_each_commit_once_the_nearest_first) {
    EXPECT_THAT(
        ancestry({commit('a')}, [this](const Digest& id) { return parents(id); }),
        ElementsAre(commit('a'), commit('b'), commit('c'), commit('d'), commit('e'))
    );
    EXPECT_EQ(asked.at(commit('d')), 1);
    EXPECT_THAT(ancestry({}, [this](const Digest& id) { return parents(id); }), IsEmpty());
}

TEST_F(Ancestry, is_of_a_commit_itself_and_of_all_it_came_from) {
    EXPECT_TRUE(comes_from('a', 'a'));
    EXPECT_TRUE(comes_from('a', 'e'));
    EXPECT_FALSE(comes_from('b', 'c'));
    EXPECT_FALSE(comes_from('e', 'a'));
}

TEST_F(Ancestry, ends_where_it_is_told_to) {
    graph[commit('d')].clear();
    EXPECT_TRUE(comes_from('a', 'd'));
    EXPECT_FALSE(comes_from('a', 'e'));
}

TEST_F(Ancestry, asks_no_further_than_what_it_looks_for) {
    EXPECT_TRUE(comes_from('a', 'b'));
    EXPECT_FALSE(asked.contains(commit('d')));
}

} // namespace
} // namespace slipway::tree
