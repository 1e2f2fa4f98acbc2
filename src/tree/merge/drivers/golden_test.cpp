// The cases of tests/golden/merge, whose README says how they are written.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tree/merge/drivers/registry.h"

namespace slipway::tree {
namespace {

struct Case {
    std::string driver;
    std::string title;
    std::string path = "/etc/file";
    std::map<std::string, std::string> sections;

    const std::string* section(const std::string& name) const {
        const auto found = sections.find(name);
        return found == sections.end() ? nullptr : &found->second;
    }
};

void PrintTo(
    const Case& test, std::ostream* out
) { // NOLINT(readability-identifier-naming): GoogleTest's
    *out << test.driver << ": " << test.title;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void finish_case(Case& current, std::vector<Case>& cases) {
    for (auto& [name, text] : current.sections) {
        constexpr std::string_view mark = "\\ No newline at end of file\n";
        if (text.ends_with(mark)) {
            text.resize(text.size() - mark.size() - 1);
        }
    }
    if (!current.title.empty()) {
        cases.push_back(current);
    }
}

std::vector<Case> parse_cases(const std::string& driver, const std::string& text) {
    std::vector<Case> cases;
    Case current;
    std::string* section = nullptr;
    auto lines = split(text, '\n');
    lines.pop_back();
    for (const auto line : lines) {
        if (line.starts_with("== ")) {
            if (section != nullptr && section->ends_with("\n\n")) {
                section->pop_back();
            } else if (section != nullptr && *section == "\n") {
                section->clear();
            }
            finish_case(current, cases);
            current = {driver, std::string(line.substr(3)), current.path, {}};
            section = nullptr;
        } else if (line.starts_with("-- path ")) {
            current.path = line.substr(8);
        } else if (line.starts_with("-- ")) {
            section = &current.sections[std::string(line.substr(3))];
        } else if (section != nullptr) {
            *section += std::string(line) + "\n";
        }
    }
    finish_case(current, cases);
    return cases;
}

std::vector<Case> all_cases() {
    const auto* source = std::getenv("SLIPWAY_SOURCE");
    const auto folder =
        std::filesystem::path(source != nullptr ? source : ".") / "tests/golden/merge";
    std::vector<Case> cases;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".cases") {
            const auto parsed = parse_cases(entry.path().stem(), read_file(entry.path()));
            cases.insert(cases.end(), parsed.begin(), parsed.end());
        }
    }
    return cases;
}

enum class Exchange { no, yes };

DriverResult merge(const Case& test, Favour favour, Exchange exchange = Exchange::no) {
    auto ours = as_bytes(*test.section("ours"));
    auto theirs = as_bytes(*test.section("theirs"));
    if (exchange == Exchange::yes) {
        std::swap(ours, theirs);
    }
    DriverInput input{test.path, {}, ours, theirs};
    if (const auto* base = test.section("base")) {
        input.base = as_bytes(*base);
    }
    return registry().at(test.driver)->merge(input, favour);
}

std::string shown(const std::optional<std::string>& value) {
    std::string text;
    for (const char c : value.value_or("(none)")) {
        text += c == '\n' ? "\\n" : std::string(1, c);
    }
    return text;
}

std::string listed(const std::vector<DriverConflict>& conflicts) {
    std::string text;
    for (const auto& c : conflicts) {
        text += fmt::format(
            "{} | {} | {} | {}\n", c.what, shown(c.base), shown(c.ours), shown(c.theirs)
        );
    }
    return text;
}

std::string listed(const std::vector<std::string>& notes) {
    std::string text;
    for (const auto& note : notes) {
        text += note + "\n";
    }
    return text;
}

std::string or_empty(const std::string* text) {
    return text != nullptr ? *text : "";
}

/// Lines are counted in ours, and a file that is not readable names its side: these differ.
std::vector<DriverConflict> without_places(std::vector<DriverConflict> conflicts) {
    for (auto& conflict : conflicts) {
        const auto line = conflict.what.find("line");
        const auto side = conflict.what.find(" (");
        conflict.what.resize(std::min({line, side, conflict.what.size()}));
        if (line != conflict.what.npos) {
            conflict.what.clear();
        }
    }
    std::sort(conflicts.begin(), conflicts.end(), [](const auto& a, const auto& b) {
        return std::tie(a.what, a.ours, a.theirs) < std::tie(b.what, b.ours, b.theirs);
    });
    return conflicts;
}

std::vector<DriverConflict> exchanged(std::vector<DriverConflict> conflicts) {
    for (auto& conflict : conflicts) {
        std::swap(conflict.ours, conflict.theirs);
    }
    return conflicts;
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, gives_the_expected_file_or_conflicts) {
    const auto& test = GetParam();
    SCOPED_TRACE(test.title);
    const auto result = merge(test, Favour::none);
    EXPECT_EQ(listed(result.conflicts), or_empty(test.section("conflicts")));
    EXPECT_EQ(listed(result.notes), or_empty(test.section("notes")));
    if (const auto* merged = test.section("merged")) {
        EXPECT_EQ(as_text(result.merged), *merged);
    } else {
        EXPECT_FALSE(result.conflicts.empty()) << "a case must say what it expects";
    }
}

TEST_P(Golden, gives_the_same_conflicts_with_its_sides_exchanged) {
    const auto& test = GetParam();
    SCOPED_TRACE(test.title);
    const auto result = merge(test, Favour::none);
    const auto other = merge(test, Favour::none, Exchange::yes);
    EXPECT_EQ(
        listed(without_places(exchanged(other.conflicts))), listed(without_places(result.conflicts))
    );
}

TEST_P(Golden, leaves_no_conflict_where_a_side_is_favoured) {
    const auto& test = GetParam();
    SCOPED_TRACE(test.title);
    for (const auto favour : {Favour::ours, Favour::theirs}) {
        const auto result = merge(test, favour);
        EXPECT_EQ(listed(result.conflicts), "");
        const auto* expected =
            test.section(favour == Favour::ours ? "favour ours" : "favour theirs");
        if (expected != nullptr) {
            EXPECT_EQ(as_text(result.merged), *expected);
        }
    }
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
    auto name = fmt::format("{}_{}", info.param.driver, info.param.title);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_'
    );
    return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(all_cases()), name_of);

TEST(GoldenCases, are_there_for_every_driver_and_enough_for_accounts) {
    std::map<std::string, int> count;
    for (const auto& test : all_cases()) {
        ++count[test.driver];
    }
    for (const auto& [name, driver] : registry()) {
        EXPECT_GT(count[std::string(name)], 2) << name;
    }
    EXPECT_GE(count["passwd"] + count["group"] + count["shadow"], 45);
}

} // namespace
} // namespace slipway::tree
