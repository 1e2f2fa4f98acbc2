#include "net/target.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

TEST(Target, DecodesPathAndQuery) {
    const auto target = parse_target("/a%20b/c.d?mac=52-54%2D00&x&empty=&serial=a+b%3D");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/a b/c.d");
    EXPECT_EQ(target->query.at("mac"), "52-54-00");
    EXPECT_EQ(target->query.at("x"), "");
    EXPECT_EQ(target->query.at("empty"), "");
    EXPECT_EQ(target->query.at("serial"), "a+b=");
}

TEST(Target, TakesTheAbsoluteForm) {
    EXPECT_EQ(parse_target("http://host:8080/a?b=c")->path, "/a");
    EXPECT_EQ(parse_target("HTTP://host")->path, "/");
    const auto rootless = parse_target("http://host?b=c");
    ASSERT_TRUE(rootless);
    EXPECT_EQ(rootless->path, "/");
    EXPECT_EQ(rootless->query.at("b"), "c");
}

TEST(Target, KeepsOneSlashAtTheEndAndDotsInNames) {
    EXPECT_EQ(parse_target("/")->path, "/");
    EXPECT_EQ(parse_target("/a/")->path, "/a/");
    EXPECT_EQ(parse_target("/..a/b../...")->path, "/..a/b../...");
}

TEST(Target, RefusesEveryWayOutOfThePath) {
    for (const auto* text : {"",
                             "*",
                             "a",
                             "?",
                             "/..",
                             "/../etc/passwd",
                             "/a/../b",
                             "/a/..",
                             "/%2e%2e/x",
                             "/%2E./x",
                             "/.%2e",
                             "/./a",
                             "/a/.",
                             "//",
                             "//a",
                             "/a//b",
                             "/a//",
                             "/a%2fb",
                             "/a%2F..%2Fb",
                             "/a\\..\\b",
                             "/a%5cb",
                             "/a%00",
                             "/a%0a",
                             "/%7f",
                             "/a%",
                             "/a%4",
                             "/a%zz",
                             "/a?x=%00",
                             "/a?x=%",
                             "/a#b",
                             "http:///a",
                             "http://",
                             "http://?a",
                             "ftp://h/a",
                             "host:80",
                             "http://h//a"}) {
        EXPECT_FALSE(parse_target(text)) << text;
    }
}

} // namespace
} // namespace slipway::net
