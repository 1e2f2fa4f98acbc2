#include "sandbox/generators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace slipway::sandbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A tree with these programs, and a plan for it.
class PlanningRegeneration : public testing::Test {
protected:
    RegenerationPlan
    plan(const std::vector<std::string>& programs, const std::vector<tree::Regeneration>& due) {
        Texts files;
        for (const auto& program : programs) {
            files.emplace(program, "x");
        }
        tree::TreeReader reader(objects_, put_tree(objects_, files));
        return plan_regeneration(reader, due);
    }

    tree::MemoryContents nothing_;
    tree::StagedObjects objects_{nothing_};
};

TEST_F(PlanningRegeneration, KnowsEveryNameThatRulesUse) {
    for (const auto& rule : tree::MergeRules::defaults().list()) {
        if (rule.action == tree::MergeRule::Action::regenerate) {
            EXPECT_NE(usual_command(rule.argument), "") << rule.argument;
        }
    }
}

TEST_F(PlanningRegeneration, OneRunMakesAllThatIsDue) {
    const auto result =
        plan({"/sbin/ldconfig"}, {{"ld.so.cache", "/etc/ld.so.cache"}, {"ld.so.cache", "/var/x"}});
    ASSERT_THAT(result.runs, SizeIs(1));
    EXPECT_THAT(result.runs[0].words, ElementsAre("/sbin/ldconfig"));
    EXPECT_THAT(result.runs[0].owned, ElementsAre("/etc/ld.so.cache"));
    EXPECT_THAT(result.runs[0].due, ElementsAre("/etc/ld.so.cache", "/var/x"));
}

TEST_F(PlanningRegeneration, WithoutTheProgramItIsLeft) {
    const std::vector<tree::Regeneration> due{{"fonts", "/var/cache/fontconfig/x"}, {"odd", "/x"}};
    const auto result = plan({"/sbin/ldconfig"}, due);
    EXPECT_THAT(result.runs, IsEmpty());
    EXPECT_EQ(result.left, due);
}

TEST_F(PlanningRegeneration, EachKernelIsARunAndItsInitrdComesAfter) {
    const auto result = plan(
        {"/usr/sbin/mkinitramfs", "/sbin/depmod"},
        {{"initrd", "/boot/initrd.img-6.1"},
         {"modules", "/usr/lib/modules/6.1/modules.dep"},
         {"modules", "/usr/lib/modules/6.1/modules.alias"},
         {"modules", "/usr/lib/modules/6.12/modules.dep"}}
    );
    ASSERT_THAT(result.runs, SizeIs(3));
    EXPECT_EQ(result.runs[0].command(), "depmod -a 6.1");
    EXPECT_THAT(result.runs[0].owned, ElementsAre("**/lib/modules/6.1/modules.*"));
    EXPECT_EQ(result.runs[1].command(), "depmod -a 6.12");
    EXPECT_EQ(result.runs[2].command(), "mkinitramfs -o /boot/initrd.img-6.1 6.1");
}

TEST_F(PlanningRegeneration, TheFirstProgramThatIsThereIsTaken) {
    const auto result = plan({"/usr/bin/dracut"}, {{"initrd", "/boot/initramfs-6.9.img"}});
    ASSERT_THAT(result.runs, SizeIs(1));
    EXPECT_THAT(
        result.runs[0].words,
        ElementsAre("/usr/bin/dracut", "--force", "/boot/initramfs-6.9.img", "6.9")
    );
}

TEST_F(PlanningRegeneration, ProgramsOfAnArchitectureAreFoundBesideTheirLibraries) {
    const auto result = plan(
        {"/usr/lib/x86_64-linux-gnu/glib-2.0/gio-querymodules",
         "/usr/lib/x86_64-linux-gnu/glib-2.0/glib-compile-schemas"},
        {{"gio", "/usr/lib/x86_64-linux-gnu/gio/modules/giomodule.cache"},
         {"gio", "/usr/lib/i386-linux-gnu/gio/modules/giomodule.cache"},
         {"schemas", "/usr/share/glib-2.0/schemas/gschemas.compiled"}}
    );
    ASSERT_THAT(result.runs, SizeIs(2));
    EXPECT_EQ(result.runs[0].command(), "glib-compile-schemas /usr/share/glib-2.0/schemas");
    EXPECT_EQ(result.runs[1].command(), "gio-querymodules /usr/lib/x86_64-linux-gnu/gio/modules");
    EXPECT_THAT(result.left, SizeIs(1));
}

TEST_F(PlanningRegeneration, PythonCompilesTheSourcesOfWhatIsDue) {
    const auto result = plan(
        {"/usr/bin/python3.11"},
        {{"python", "/usr/lib/python3/__pycache__/a.cpython-311.pyc"},
         {"python", "/usr/lib/python3/__pycache__/b.cpython-311.pyc"},
         {"python", "/usr/lib/python3/__pycache__/c.cpython-311.opt-1.pyc"}}
    );
    ASSERT_THAT(result.runs, SizeIs(1));
    const auto& words = result.runs[0].words;
    EXPECT_EQ(words.front(), "/usr/bin/python3.11");
    EXPECT_THAT(
        std::vector(words.end() - 2, words.end()),
        ElementsAre("/usr/lib/python3/a.py", "/usr/lib/python3/b.py")
    );
    EXPECT_EQ(result.runs[0].owned, result.runs[0].due);
    EXPECT_THAT(result.left, SizeIs(1));
}

TEST_F(PlanningRegeneration, WhatIsOwnedIsTheNameAndNoPattern) {
    const auto result = plan(
        {"/usr/bin/update-desktop-database"}, {{"desktop", "/opt/a*b/applications/mimeinfo.cache"}}
    );
    ASSERT_THAT(result.runs, SizeIs(1));
    EXPECT_THAT(result.runs[0].owned, ElementsAre("/opt/a\\*b/applications/mimeinfo.cache"));
}

} // namespace
} // namespace slipway::sandbox
