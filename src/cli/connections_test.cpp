#include "cli/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/remotes.h"

namespace slipway::cli {
namespace {

using testing::ElementsAre;

net::Url url_of(std::string_view text) {
    return *net::Url::parse(text);
}

TEST(Connections, quote_the_path_for_the_shell_there) {
    EXPECT_THAT(
        program_for(url_of("ssh://u@h:22/a%20'b'$(c)"), Purpose::writing, "ssh -F x", "slipway"),
        ElementsAre(
            "ssh",
            "-F",
            "x",
            "-p",
            "22",
            "u@h",
            "slipway --repo '/a '\\''b'\\''$(c)' serve-stdio --read-write"
        )
    );
}

TEST(Connections, run_this_program_for_a_directory) {
    EXPECT_THAT(
        program_for(net::Url::of_directory("/srv/x y"), Purpose::reading, "ssh", "slipway"),
        ElementsAre("/proc/self/exe", "--repo", "/srv/x y", "serve-stdio", "--read-only")
    );
}

TEST(Connections, need_a_program_to_run) {
    EXPECT_THROW(program_for(url_of("ssh://h/x"), Purpose::reading, " ", "slipway"), Error);
}

TEST(Remotes, are_read_as_they_were_written) {
    const std::vector<Remote> remotes{{"office", "ssh://h/x"}, {"web", "http://a,http://b"}};
    EXPECT_EQ(decode_remotes(encode_remotes(remotes)), remotes);
}

TEST(Remotes, are_refused_without_a_name_or_a_location) {
    for (const auto* text : {"x\n", "\tx\n", "x\t\n"}) {
        EXPECT_THROW(decode_remotes(text), Error) << text;
    }
}

} // namespace
} // namespace slipway::cli
