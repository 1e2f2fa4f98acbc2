#include "formats/packages/versions.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "formats/test_tree_test.h"

namespace slipway::formats {
namespace {

/// "1.0 < 1.1": both directions are checked.
void expect_orders(PackageFamily family, const std::vector<std::string>& orders) {
    for (const auto& order : orders) {
        const auto first = order.find(' ');
        const auto a = order.substr(0, first);
        const auto b = order.substr(first + 3);
        const auto expected = order[first + 1] == '<' ? -1 : order[first + 1] == '>' ? 1 : 0;
        EXPECT_EQ(compare_package_versions(family, a, b), expected) << order;
        EXPECT_EQ(compare_package_versions(family, b, a), -expected) << order << ", turned round";
        EXPECT_EQ(compare_package_versions(family, a, a), 0) << a;
    }
}

TEST(DebVersions, FollowTheDebianPolicy) {
    expect_orders(
        PackageFamily::deb,
        {"1.0 < 1.1",
         "1.9 < 1.10",
         "1.0 = 1.00",
         "1.0 = 1.0-0",
         "1.0-1 < 1.0-1+b1",
         "1.0-1~deb12u1 < 1.0-1",
         "1.0~rc1 < 1.0",
         "1.0~~ < 1.0~~a",
         "1.0~~a < 1.0~",
         "1.0~ < 1.0",
         "1.0 < 1.0a",
         "1.0a < 1.0+",
         "1.0a < 1.0b",
         "1.0.1 > 1.0+1",
         "2.0 < 1:1.0",
         "0:2.0 = 2.0",
         "1:1.0 < 2:0.5",
         "9:1 < 10:1",
         "1.0-1-1 < 1.0-1-2",
         "1.0-2 < 1.0-1-9",
         "3.0.15-1~deb12u1 < 3.0.17-1~deb12u2",
         "6.1.170-3 < 6.1.176-1",
         "1.2.13.dfsg-1 < 1.2.13.dfsg-1+deb12u1",
         "1.0-99999999999999999999 > 1.0-9999999999999999999"}
    );
}

TEST(RpmVersions, FollowRpm) {
    expect_orders(
        PackageFamily::rpm,
        {"1.0 = 1.0",
         "1.0 < 2.0",
         "2.0.1 < 2.0.1a",
         "5.5p1 < 5.5p10",
         "10xyz < 10.1xyz",
         "xyz10 < xyz10.1",
         "xyz.4 < 8",
         "8a < 8.1",
         "5.5p2 < 5.6p1",
         "6.0.rc1 > 6.0",
         "10b2 > 10a1",
         "7.01 = 7.1",
         "2.0 = 2_0",
         "a+ = a_",
         "1.0~rc1 < 1.0",
         "1.0~rc1 < 1.0~rc2",
         "1.0~rc1~git123 < 1.0~rc1",
         "1.0^ > 1.0",
         "1.0^git1 < 1.0^git2",
         "1.0^git1 < 1.01",
         "1.0^20160101 < 1.0.1",
         "1.0~rc1^git1 > 1.0~rc1",
         "1.0^git1~pre < 1.0^git1",
         "1.0-1.fc39 < 1.0-2.fc39",
         "1.0-9.el9 < 1.0-10.el9",
         "1:1.0-1 > 2.0-1",
         "0:1.0-1 = 1.0-1",
         "5.14.0-427.el9 < 5.14.0-503.11.1.el9_5"}
    );
}

TEST(ApkVersions, FollowApkTools) {
    expect_orders(
        PackageFamily::apk,
        {"2.34 > 0.1.0_alpha",
         "1.2.3 < 1.2.10",
         "1.2.3-r1 < 1.2.3-r10",
         "1.2.3 < 1.2.3-r0",
         "1.2 < 1.2.1",
         "1.2 < 1.2a",
         "1.2a < 1.2b",
         "1.2_alpha < 1.2_beta",
         "1.2_beta < 1.2_pre",
         "1.2_pre < 1.2_rc",
         "1.2_rc < 1.2",
         "1.2_rc1 < 1.2_rc2",
         "1.2 < 1.2_cvs",
         "1.2_cvs < 1.2_svn",
         "1.2_svn < 1.2_git",
         "1.2_git < 1.2_hg",
         "1.2_hg < 1.2_p",
         "1.2_p < 1.2_p1",
         "1.2_p1 < 1.2_p2",
         "1.2_git20200101 < 1.2_git20210101",
         "1.2_alpha2_p1 > 1.2_alpha2",
         "1.2.3_rc1-r1 < 1.2.3-r0",
         "1.06 < 1.1",
         "1.06 < 1.060",
         "6.0_pre1 < 6.0",
         "20050718-r1 < 20050718-r2",
         "0.12.1 > 0.12",
         "1.2~abc < 1.2~abd",
         "3.1.7-r0 < 3.1.8-r0"}
    );
}

TEST(PacmanVersions, FollowVercmp) {
    expect_orders(
        PackageFamily::pacman,
        {"1.5.0 = 1.5.0",     "1.5.1 > 1.5.0",     "1.5.1 > 1.5",     "1.5.0-1 < 1.5.0-2",
         "1.5.0-1 = 1.5.0",   "1.5.0-1 < 1.5.1-1", "1.0a < 1.0b",     "1.0a < 1.0",
         "1.0beta < 1.0p",    "1.0p < 1.0pre",     "1.0pre < 1.0rc",  "1.0rc < 1.0",
         "1.0 < 1.0.a",       "1.0.a < 1.0.1",     "1.1.a > 1.1rc1",  "2.0a < 2.0.a",
         "1..0 > 1.0",        "2.0_1 = 2.0.1",     "0:1.0 = 1.0",     "1:1.0 > 2.0",
         "1:1.0-1 > 0:1.1-1", "1.01 = 1.1",        "999.0.0.r1 > 1.0"}
    );
}

TEST(Versions, OfAnyBytesHaveAnOrder) {
    const std::vector<std::string> odd{
        "", "-", ":", "~", "^", "_", ".", "-r", "_alpha", "1_", "1~", "a:1", "\xff\0", "1-r"};
    for (const auto family :
         {PackageFamily::deb, PackageFamily::rpm, PackageFamily::apk, PackageFamily::pacman}) {
        for (const auto& a : odd) {
            for (const auto& b : odd) {
                EXPECT_EQ(
                    compare_package_versions(family, a, b), -compare_package_versions(family, b, a)
                ) << family_name(family)
                  << " '" << a << "' '" << b << "'";
            }
        }
    }
}

/// A version that dpkg takes: it begins with a digit.
std::string random_version(std::minstd_rand& random) {
    constexpr std::string_view letters = "0019ab.+~-";
    std::string version = random() % 4 == 0 ? std::to_string(random() % 3) + ":" : "";
    version += static_cast<char>('0' + random() % 3);
    for (auto left = random() % 7; left > 0; --left) {
        version += letters[random() % letters.size()];
    }
    return version + "1"; // not an empty revision, which dpkg refuses
}

/// What dpkg says of each pair: "lt", "eq" or "gt".
std::vector<std::string_view>
ask_dpkg(const std::vector<std::pair<std::string, std::string>>& pairs, std::string& answers) {
    std::string lines;
    for (const auto& [a, b] : pairs) {
        lines += a + " " + b + "\n";
    }
    const TemporaryDirectory directory;
    answers = run_script(
        directory.path(),
        "while read -r a b; do dpkg --compare-versions \"$a\" lt \"$b\" && echo lt || "
        "{ dpkg --compare-versions \"$a\" gt \"$b\" && echo gt || echo eq; }; done <<'END'\n" +
            lines + "END\ntrue"
    );
    return split(trimmed(answers), '\n');
}

TEST(DebVersions, AgreeWithDpkgOnManyRandomVersions) {
    if (access("/usr/bin/dpkg", X_OK) != 0) {
        GTEST_SKIP() << "there is no dpkg";
    }
    std::minstd_rand random(20260601);
    std::vector<std::pair<std::string, std::string>> pairs(120);
    for (auto& [a, b] : pairs) {
        a = random_version(random);
        b = random_version(random);
        if (random() % 2 == 0) { // nearly equal
            b = a;
            b[b.size() - 1] = "019a~+."[random() % 7];
            b += "1";
        }
    }
    std::string text;
    const auto answers = ask_dpkg(pairs, text);
    ASSERT_EQ(answers.size(), pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const auto order = compare_deb_versions(pairs[i].first, pairs[i].second);
        EXPECT_EQ(
            order < 0   ? "lt"
            : order > 0 ? "gt"
                        : "eq",
            answers[i]
        ) << pairs[i].first
          << " " << pairs[i].second;
    }
}

} // namespace
} // namespace slipway::formats
