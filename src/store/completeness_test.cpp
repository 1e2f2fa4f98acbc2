#include "store/completeness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testing.h"
#include "tree/content.h"

namespace slipway::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// Adds a commit that may name what is not there.
Digest add_commit(Repository& repository, const Digest& tree, std::vector<Digest> parents) {
    Ingestion ingestion(repository, {});
    tree::Commit commit;
    commit.tree = tree;
    commit.parents = std::move(parents);
    commit.author = "test";
    const auto id = ingestion.add_object(Kind::commit, tree::encode(commit));
    ingestion.finish();
    return id;
}

Digest add_directory(Repository& repository, const tree::Node& node) {
    Ingestion ingestion(repository, {});
    tree::Directory directory;
    directory.entries.push_back({"entry", node, {}, {}});
    const auto id = ingestion.add_object(Kind::directory, tree::encode(directory));
    ingestion.finish();
    return id;
}

std::vector<Digest> ids_of(const std::vector<Missing>& missing) {
    std::vector<Digest> ids;
    for (const auto& object : missing) {
        ids.push_back(object.id);
    }
    return ids;
}

const Digest absent = sha256(as_bytes("absent"));

TEST(Completeness, finds_nothing_absent_in_a_whole_repository) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto commit = commit_file(repository, "main", "text");
    EXPECT_THAT(find_missing(repository, {.commits = {commit}, .limit = 9}), IsEmpty());
    EXPECT_THAT(known_commits(repository), UnorderedElementsAre(commit));
}

TEST(Completeness, names_absent_chunks_directories_and_commits) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto chunkless =
        add_commit(repository, add_directory(repository, tree::File{4, absent}), {});
    const auto treeless = add_commit(repository, absent, {chunkless});
    EXPECT_THAT(
        ids_of(find_missing(repository, {.commits = {chunkless}, .limit = 9})),
        UnorderedElementsAre(absent)
    );
    EXPECT_THAT(find_missing(repository, {.commits = {treeless}, .limit = 1}), SizeIs(1));
    const auto orphan = sha256(as_bytes("orphan"));
    const auto child = add_commit(repository, absent, {orphan});
    EXPECT_THAT(
        ids_of(find_missing(repository, {.commits = {child}, .limit = 9})),
        UnorderedElementsAre(absent, orphan)
    );
    EXPECT_THROW(check_complete(repository, {.commits = {child}}), Error);
}

TEST(Completeness, passes_over_what_is_known_and_stops_where_history_ends) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto whole = commit_file(repository, "main", "text");
    const auto tree = tree::load_commit(repository, whole).tree;
    const auto orphan = add_commit(repository, tree, {absent});
    EXPECT_THAT(find_missing(repository, {.commits = {orphan}}), SizeIs(1));
    EXPECT_THAT(find_missing(repository, {.commits = {orphan}, .shallow = {orphan}}), IsEmpty());
    EXPECT_THAT(find_missing(repository, {.commits = {orphan}, .known = {orphan}}), IsEmpty());
}

TEST(Completeness, takes_back_what_is_condemned_before_it_is_named) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto commit = commit_file(repository, "main", "text");
    const auto tree = tree::load_commit(repository, commit).tree;
    const std::vector<Digest> objects{commit, tree, sha256(as_bytes("text"))};
    repository.index().condemn(objects);
    check_complete(repository, {.commits = {commit}});
    for (const auto& id : objects) {
        EXPECT_TRUE(repository.index().holds(id));
    }
}

TEST(Completeness, refuses_a_chunk_of_another_length_than_its_file) {
    const Fixture fixture;
    auto repository = fixture.open();
    Ingestion ingestion(repository, {});
    const auto file = add(ingestion, "text");
    ingestion.finish();
    const auto commit =
        add_commit(repository, add_directory(repository, tree::File{5, file.content}), {});
    EXPECT_THROW(find_missing(repository, {.commits = {commit}}), Error);
}

TEST(Completeness, knows_what_a_removed_branch_was_at) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto commit = commit_file(repository, "main", "text");
    repository.branches().remove("main", commit, {1, "test", "test"});
    EXPECT_THAT(known_commits(repository), UnorderedElementsAre(commit));
}

TEST(Shallow, is_kept_and_taken_back) {
    const Fixture fixture;
    const auto repository = fixture.open();
    EXPECT_THAT(repository.shallow().commits(), IsEmpty());
    repository.shallow().change({absent}, {});
    repository.shallow().change({absent}, {});
    EXPECT_THAT(fixture.open(Access::read_only).shallow().commits(), UnorderedElementsAre(absent));
    repository.shallow().change({}, {absent});
    EXPECT_THAT(repository.shallow().commits(), IsEmpty());
}

TEST(Shallow, is_empty_in_an_older_database_that_is_only_read) {
    const Fixture fixture;
    make_state_version_1(fixture);
    EXPECT_THAT(fixture.open(Access::read_only).shallow().commits(), IsEmpty());
}

TEST(Shallow, ends_what_is_known_of_a_history) {
    const Fixture fixture;
    auto repository = fixture.open();
    const auto parent = commit_file(repository, "main", "text");
    const auto tree = tree::load_commit(repository, parent).tree;
    const auto child = add_commit(repository, tree, {parent});
    repository.branches().move("other", std::nullopt, child, {1, "test", "test"});
    repository.branches().remove("main", parent, {1, "test", "test"});
    repository.branches().forget(repository.branches().reflogs());
    EXPECT_THAT(known_commits(repository), UnorderedElementsAre(parent, child));
    repository.shallow().change({child}, {});
    EXPECT_THAT(known_commits(repository), UnorderedElementsAre(child));
}

} // namespace
} // namespace slipway::store
