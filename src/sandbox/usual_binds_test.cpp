#include "sandbox/usual_binds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "sandbox/testing.h"

namespace slipway::sandbox {
namespace {

using testing::Contains;
using testing::Not;

class UsualBinds : public testing::Test {
protected:
    /// Where the name servers are put in such a tree; "" if nowhere.
    std::string resolver_in(const Texts& files) {
        if (!std::filesystem::exists("/etc/resolv.conf")) {
            return "(this machine has none)";
        }
        const auto bind = resolver_bind(objects_, put_tree(objects_, files));
        return bind ? bind->target : "";
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
};

TEST_F(UsualBinds, NameServersAreWhereTheTreeLooksForThem) {
    if (!std::filesystem::exists("/etc/resolv.conf")) {
        GTEST_SKIP() << "this machine has no /etc/resolv.conf";
    }
    const std::string path = "/etc/resolv.conf";
    EXPECT_EQ(resolver_in({{path, "nameserver ::1"}}), path);
    EXPECT_EQ(resolver_in({{"/etc/motd", ""}}), path);
    EXPECT_EQ(
        resolver_in({{path, "-> ../run/systemd/resolve/stub-resolv.conf"}}),
        "/run/systemd/resolve/stub-resolv.conf"
    );
    EXPECT_EQ(resolver_in({{path, "-> /var/run/resolv.conf"}}), "/run/resolv.conf");
    EXPECT_EQ(resolver_in({{path, "-> net/resolv"}, {"/etc/net/resolv", ""}}), "/etc/net/resolv");
    EXPECT_EQ(resolver_in({{path, "-> /nowhere/at/all"}}), "");
    EXPECT_EQ(resolver_in({{path, "-> ../../../../../run/../tmp/x"}}), "");
}

TEST_F(UsualBinds, NoServicesStartWhereThatIsKnown) {
    const TemporaryDirectory place;
    EXPECT_FALSE(no_services_bind(objects_, put_tree(objects_, {{"/etc/motd", ""}}), place.path()));
    const auto debian = put_tree(objects_, {{"/usr/sbin/invoke-rc.d", ""}});
    const auto bind = no_services_bind(objects_, debian, place.path());
    ASSERT_TRUE(bind);
    EXPECT_EQ(bind->target, "/usr/sbin/policy-rc.d");
    EXPECT_EQ(std::system(bind->source.c_str()), 101 << 8); // NOLINT(cert-env33-c)
}

TEST_F(UsualBinds, MountPointsIncludeTheDirectoriesAbove) {
    const auto points = mount_points({{"/srv", "/mnt/a/b"}});
    for (const auto* path : {"/dev", "/tmp", "/mnt/a/b", "/mnt/a", "/mnt"}) {
        EXPECT_THAT(points, Contains(path));
    }
    EXPECT_THAT(points, Not(Contains("/")));
}

} // namespace
} // namespace slipway::sandbox
