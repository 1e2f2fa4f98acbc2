#include <gtest/gtest.h>

#include "net/client.h"

namespace slipway::net {
namespace {

TEST(Url, ReadsHostPortAndPrefix) {
    const auto url = Url::parse("HTTP://boot.example:8080/repo/a/");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "boot.example");
    EXPECT_EQ(url->port, 8080);
    EXPECT_EQ(url->prefix, "/repo/a");
    EXPECT_EQ(url->text(), "http://boot.example:8080/repo/a");
}

TEST(Url, LeavesOutWhatIsUsual) {
    const auto url = Url::parse("http://127.0.0.1:80/");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->text(), "http://127.0.0.1");
}

TEST(Url, ReadsIpv6InBracketsWithItsZone) {
    const auto url = Url::parse("http://[fe80::1%25eth0]:81/x");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "fe80::1%eth0");
    EXPECT_EQ(url->port, 81);
    EXPECT_EQ(url->text(), "http://[fe80::1%25eth0]:81/x");
}

TEST(Url, RefusesWhatItCannotUse) {
    for (const auto* text :
         {"",
          "http://",
          "http:///x",
          "https://h/",
          "ftp://h/",
          "h",
          "/x",
          "http://h:",
          "http://h:0",
          "http://h:65536",
          "http://h:8x",
          "http://h: 80",
          "http://u@h/",
          "http://h/a?b",
          "http://h/#f",
          "http://h/a b",
          "http://h/\r\nX: y",
          "http://[::1",
          "http://[x]/",
          "http://[::1]x/",
          "http://::1/",
          "http://[fe80::1%eth0]/",
          "http://[fe80::1%25]/",
          "http://h\\x/"}) {
        EXPECT_FALSE(Url::parse(text)) << text;
    }
}

TEST(Url, ReadsSshWithUserPortAndPath) {
    const auto url = Url::parse("ssh://root@server.example:2222/srv/slip%20way");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, Scheme::ssh);
    EXPECT_EQ(url->user, "root");
    EXPECT_EQ(url->host, "server.example");
    EXPECT_EQ(url->port, 2222);
    EXPECT_EQ(url->path, "/srv/slip way");
    EXPECT_EQ(url->text(), "ssh://root@server.example:2222/srv/slip%20way");
    const auto plain = Url::parse("ssh://[::1]/x");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->port, 0);
    EXPECT_EQ(plain->text(), "ssh://[::1]/x");
}

TEST(Url, RefusesWhatSshCouldTakeForAnOption) {
    for (const auto* text :
         {"ssh://",
          "ssh://h",
          "ssh://-oProxyCommand=x/y",
          "ssh://-h/y",
          "ssh://-u@h/y",
          "ssh://@h/y",
          "ssh://u@-h/y",
          "ssh://u@h:0/y",
          "ssh://u@h:x/y",
          "ssh://u h/y",
          "ssh://u;x@h/y",
          "ssh://h;x/y",
          "ssh://h/a%0ab",
          "ssh://h/a%00b",
          "ssh://h/a%zz"}) {
        EXPECT_FALSE(Url::parse(text)) << text;
    }
}

} // namespace
} // namespace slipway::net
