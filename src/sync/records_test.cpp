#include "sync/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway::sync {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Digest digest(std::string_view text) {
    return sha256(as_bytes(text));
}

template <typename Decode>
std::string refusal(Decode decode, const std::string& text) {
    try {
        decode(text);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::corrupt) << error.report();
        return error.what();
    }
    return "nothing was refused";
}

TEST(Records, of_branches_come_back) {
    const auto decoded =
        decode_branches(encode_branches({{"main", digest("a"), 1}, {"a/b\xFF", digest("b"), 77}}));
    EXPECT_THAT(
        decoded,
        ElementsAre(
            AllOf(
                Field(&store::Branch::name, "main"),
                Field(&store::Branch::commit, digest("a")),
                Field(&store::Branch::sequence, 1)
            ),
            AllOf(Field(&store::Branch::name, "a/b\xFF"), Field(&store::Branch::sequence, 77))
        )
    );
    EXPECT_THAT(decode_branches(encode_branches({})), IsEmpty());
}

TEST(Records, of_moves_come_back_whatever_people_wrote) {
    const std::string reason = "tab\there, line\nthere, \\x41 \\ and \xFE\xFF, über";
    const auto text =
        encode_moves({{2, digest("b"), -5, "a\tb", reason}, {1, digest("a"), 9, "", ""}});
    EXPECT_THAT(text, Not(HasSubstr("line\nthere")));
    const auto decoded = decode_moves(text);
    ASSERT_EQ(decoded.size(), 2U);
    EXPECT_EQ(decoded[0].sequence, 2);
    EXPECT_EQ(decoded[0].commit, digest("b"));
    EXPECT_EQ(decoded[0].time, -5);
    EXPECT_EQ(decoded[0].who, "a\tb");
    EXPECT_EQ(decoded[0].reason, reason);
    EXPECT_EQ(decoded[1].who, "");
}

TEST(Records, of_tags_come_back) {
    const std::vector<store::Tag> tags{
        {"a/b\xFF", digest("a"), -7, "me\t\n"}, {"v1", digest("b"), 8, ""}};
    EXPECT_EQ(decode_tags(encode_tags(tags)), tags);
    EXPECT_THAT(decode_tags(encode_tags({})), IsEmpty());
    EXPECT_THAT(refusal(decode_tags, encode_branches({})), HasSubstr("no 'slipway tags 1' list"));
}

TEST(Records, of_another_kind_or_version_are_refused) {
    EXPECT_THAT(refusal(decode_branches, ""), HasSubstr("no 'slipway branches 1' list"));
    EXPECT_THAT(refusal(decode_branches, "slipway branches 1"), HasSubstr("list"));
    EXPECT_THAT(refusal(decode_branches, "slipway branches 2\n"), HasSubstr("list"));
    EXPECT_THAT(refusal(decode_moves, encode_branches({})), HasSubstr("list"));
    EXPECT_THAT(refusal(decode_branches, "<html>\n404\n"), HasSubstr("list"));
}

TEST(Records, with_damaged_lines_are_refused) {
    const auto id = digest("a").hex();
    const auto with = [](const std::string& line) { return "slipway branches 1\n" + line + "\n"; };
    EXPECT_THAT(refusal(decode_branches, with(id + "\t1")), HasSubstr("line 1"));
    EXPECT_THAT(refusal(decode_branches, with(id + "\t1\tmain\tmore")), HasSubstr("line 1"));
    EXPECT_THAT(refusal(decode_branches, with(id + "\t1x\tmain")), HasSubstr("no number"));
    EXPECT_THAT(
        refusal(decode_branches, with(id + "\t99999999999999999999\tmain")), HasSubstr("no number")
    );
    EXPECT_THAT(refusal(decode_branches, with("abc\t1\tmain")), HasSubstr("no commit id"));
}

TEST(Records, name_a_branch_by_one_component) {
    EXPECT_EQ(one_component("a/b/c"), "a:b:c");
    EXPECT_EQ(branch_of_component("a:b:c"), "a/b/c");
}

TEST(Records, of_packs_signatures_and_commits_are_read_as_they_were_written) {
    const std::vector<ListedPack> packs{{sha256({}), 17}, {sha256(as_bytes("x")), 0}};
    EXPECT_EQ(decode_packs(encode_packs(packs)), packs);
    const std::vector<SignedCommit> signatures{
        {sha256({}), to_buffer(as_bytes("\x01 signature"))}, {sha256({}), {}}};
    EXPECT_EQ(decode_signatures(encode_signatures(signatures)), signatures);
    const std::vector<Digest> commits{sha256({}), sha256(as_bytes("x"))};
    EXPECT_EQ(decode_commits(encode_commits(commits)), commits);
}

TEST(Records, of_an_update_are_read_as_they_were_written) {
    Update update;
    update.branches = {
        {"a/b", std::nullopt, sha256({}), BranchUpdate::Way::forward, "push\tfrom\nhere"},
        {"c", sha256({}), sha256(as_bytes("x")), BranchUpdate::Way::any, ""}};
    update.tags = {{"v1", sha256({}), 5, "who\\"}};
    update.signatures = {{sha256({}), to_buffer(as_bytes("s"))}};
    EXPECT_EQ(decode_update(encode_update(update)), update);
}

TEST(Records, of_an_update_that_are_damaged_are_refused) {
    const auto id = sha256({}).hex();
    for (const auto& line :
         {std::string("branch\tx"),
          "branch\tx\t-\t" + id + "\tsideways\twhy",
          "branch\tx\t?\t" + id + "\tany\twhy",
          "tag\tx\t" + id,
          "signature\t" + id + "\t0",
          "signature\t" + id + "\tzz",
          std::string("x")}) {
        EXPECT_THROW(decode_update("slipway update 1\n" + line + "\n"), Error) << line;
    }
    EXPECT_THROW(decode_packs("slipway packs 1\n" + id + "\t-1\n"), Error);
}

TEST(Lease, survives_being_encoded) {
    const LeaseRequest lease{"lab-17/5e1f0c2a", sha256(as_bytes("commit")), 3600};
    EXPECT_EQ(decode_lease(encode_lease(lease)), lease);
}

TEST(Lease, is_refused_if_it_is_no_lease) {
    const auto id = sha256(as_bytes("commit")).hex();
    for (const auto& text :
         {std::string(),
          std::string("slipway lease 1\n"),
          "slipway lease 1\n" + id + "\t10\ttwo words\n",
          "slipway lease 1\n" + id + "\t-1\tholder\n",
          "slipway lease 1\n" + id + "\t10\t\n",
          "slipway lease 1\n" + id + "\t10\ta\n" + id + "\t10\tb\n",
          "slipway lease 2\n" + id + "\t10\ta\n"}) {
        EXPECT_THROW(decode_lease(text), Error) << text;
    }
}

} // namespace
} // namespace slipway::sync
