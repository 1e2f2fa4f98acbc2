#include "sync/view.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "store/ingestion.h"
#include "tree/codec.h"

namespace slipway::sync {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Four commits in a row on `main`, which moved four times, and two whose ids start alike.
class Resolving : public testing::Test {
protected:
    Resolving() {
        store::create_repository(root());
        store::Repository repository(root(), store::Access::read_write);
        store::Ingestion ingestion(repository, {});
        const auto tree =
            ingestion.add_object(tree::Kind::directory, tree::encode(tree::Directory{}));
        std::optional<Digest> parent;
        for (int i = 0; i < 4; ++i) {
            parent = add_commit(ingestion, tree, parent, i);
            commits.push_back(*parent);
        }
        find_alike(ingestion, tree);
        ingestion.finish();
        std::optional<Digest> at;
        for (const auto& id : commits) {
            repository.branches().move("main", at, id, {1, "test", "test"});
            at = id;
        }
        repository.branches().move("group/other", std::nullopt, commits[0], {1, "test", "test"});
        view = std::make_unique<LocalView>(root());
    }

    std::filesystem::path root() const { return directory_.path() / "repo"; }

    static tree::Commit
    commit_of(const Digest& tree, const std::optional<Digest>& parent, int number) {
        tree::Commit commit;
        commit.tree = tree;
        if (parent) {
            commit.parents = {*parent};
        }
        commit.author = "test";
        commit.message = fmt::format("commit {}", number);
        return commit;
    }

    static Digest add_commit(
        store::Ingestion& ingestion,
        const Digest& tree,
        const std::optional<Digest>& parent,
        int number
    ) {
        return ingestion.add_object(
            tree::Kind::commit, tree::encode(commit_of(tree, parent, number))
        );
    }

    /// Adds two commits that share their first four digits.
    void find_alike(store::Ingestion& ingestion, const Digest& tree) {
        std::map<std::string, int> seen;
        for (int number = 100;; ++number) {
            const auto id = sha256(tree::encode(commit_of(tree, {}, number)));
            const auto [known, is_new] = seen.emplace(id.hex().substr(0, 4), number);
            if (!is_new) {
                alike = {
                    add_commit(ingestion, tree, {}, known->second),
                    add_commit(ingestion, tree, {}, number)};
                return;
            }
        }
    }

    Digest at(std::string_view revision) { return resolve(*view, revision); }

    std::string refusal(std::string_view revision, Fault fault) {
        try {
            resolve(*view, revision);
        } catch (const Error& error) {
            EXPECT_EQ(error.fault(), fault) << error.report();
            return error.what();
        }
        return "nothing was refused";
    }

    std::vector<Digest> commits; // oldest first
    std::vector<Digest> alike;
    std::unique_ptr<LocalView> view;

private:
    TemporaryDirectory directory_;
};

TEST_F(Resolving, a_branch_is_its_last_commit) {
    EXPECT_EQ(at("main"), commits[3]);
    EXPECT_EQ(at("group/other"), commits[0]);
}

TEST_F(Resolving, an_id_or_a_unique_prefix_of_it_names_a_commit) {
    EXPECT_EQ(at(commits[1].hex()), commits[1]);
    EXPECT_EQ(at(commits[1].hex().substr(0, 12)), commits[1]);
    EXPECT_EQ(at(commits[1].hex().substr(0, 13)), commits[1]);
}

TEST_F(Resolving, an_ambiguous_prefix_names_the_candidates) {
    const auto text = refusal(alike[0].hex().substr(0, 4), Fault::usage);
    EXPECT_THAT(text, HasSubstr(alike[0].hex()));
    EXPECT_THAT(text, HasSubstr(alike[1].hex()));
    EXPECT_EQ(at(alike[0].hex()), alike[0]);
}

TEST_F(Resolving, tildes_go_back_along_first_parents) {
    EXPECT_EQ(at("main~2"), commits[1]);
    EXPECT_EQ(at("main~"), commits[2]);
    EXPECT_EQ(at("main~1~2"), commits[0]);
    EXPECT_EQ(at("main~0"), commits[3]);
    EXPECT_EQ(at(commits[3].hex().substr(0, 16) + "~3"), commits[0]);
    EXPECT_THAT(refusal("main~4", Fault::not_found), HasSubstr("has no parent"));
}

TEST_F(Resolving, braces_go_back_along_the_branchs_moves) {
    EXPECT_EQ(at("main@{0}"), commits[3]);
    EXPECT_EQ(at("main@{1}"), commits[2]);
    EXPECT_EQ(at("main@{1}~2"), commits[0]);
    EXPECT_THAT(refusal("main@{4}", Fault::not_found), HasSubstr("moved only 4 times"));
    EXPECT_THAT(refusal("none@{0}", Fault::not_found), HasSubstr("no branch 'none'"));
}

TEST_F(Resolving, what_names_nothing_is_not_found) {
    for (const auto* const revision : {"none", "", "~", "abc", "zzzz", "MAIN", "main/"}) {
        EXPECT_THAT(refusal(revision, Fault::not_found), StartsWith("there is no branch"))
            << revision;
    }
    EXPECT_THAT(refusal(std::string(64, '0'), Fault::not_found), StartsWith("there is no branch"));
    EXPECT_THAT(
        refusal(commits[0].hex() + "0", Fault::not_found), StartsWith("there is no branch")
    );
}

TEST_F(Resolving, numbers_that_are_none_are_refused) {
    for (const auto* const revision : {"main~x", "main~-1", "main@{}", "main@{-1}", "main@{1x}"}) {
        EXPECT_THAT(refusal(revision, Fault::usage), HasSubstr("cannot name a commit")) << revision;
    }
    EXPECT_THAT(
        refusal("main~99999999999999999999999", Fault::usage), HasSubstr("cannot name a commit")
    );
}

TEST_F(Resolving, an_id_of_something_else_is_no_commit) {
    const auto tree = sha256(tree::encode(tree::Directory{}));
    EXPECT_THAT(refusal(tree.hex(), Fault::not_found), HasSubstr("no branch, tag or commit"));
}

} // namespace
} // namespace slipway::sync
