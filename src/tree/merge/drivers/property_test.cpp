// What every content driver promises, on random edits of files such as it meets.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tree/merge/drivers/registry.h"

namespace slipway::tree {
namespace {

/// The records of a file, by key, each in one of several variants.
using Records = std::vector<std::pair<int, int>>;

/// How a family of files is written. Keys rise from 0.
struct Model {
    std::string driver;
    std::function<std::string(int key, int variant)> record;
    std::string path = "/etc/file";
    std::string head{};
    std::string tail{};

    enum class Edits {
        records,  ///< a key both change differently is exactly one conflict
        sets,     ///< nothing is ever a conflict
        contents, ///< as records, but records are neither added nor removed
    } edits = Edits::records;

    std::string write(const Records& records) const {
        std::string text = head;
        for (const auto& [key, variant] : records) {
            text += record(key, variant);
        }
        return text + tail;
    }
};

std::vector<Model> models() {
    using fmt::format;
    const auto passwd = [](int k, int v) {
        return format("user{0}:x:{1}:{1}:Name {2}:/home/user{0}:/bin/sh\n", k, 1000 + k, v);
    };
    const auto shadow = [](int k, int v) {
        return format("user{}:!$y${}:19700:0:99999:7:::\n", k, v);
    };
    const auto group = [](int k, int v) { return format("group{}:{}:{}:a,b\n", k, v, 1000 + k); };
    const auto gshadow = [](int k, int v) { return format("group{}:{}:a:a,b\n", k, v); };
    const auto subid = [](int k, int v) {
        return format("user{}:{}:{}\n", k, 100000 + k * 100, v);
    };
    const auto deb822 = [](int k, int v) {
        return format(
            "Package: package{:03}\nStatus: install ok installed\nArchitecture: amd64\n"
            "Version: {}\nConffiles:\n /etc/{} {}\nDescription: short\n long\n\n",
            k,
            v,
            k,
            v
        );
    };
    const auto apk = [](int k, int v) { return format("C:Q{0}\nP:p{1}\nV:{0}\nF:etc\n\n", v, k); };
    const auto diversions = [](int k, int v) { return format("/f{0}\n/f{0}.{1}\npkg\n", k, v); };
    const auto override = [](int k, int v) { return format("root root 7{} /bin/f {}\n", v, k); };
    const auto question = [](int k, int v) {
        return format("Name: q{0:03}\nTemplate: q{0:03}\nValue: {1}\nOwners: p{0}\n\n", k, v);
    };
    const auto hash = [](int k, int v) { return format("{}  /etc/f{:03}\n", v, k); };
    const auto option = [](int v) { return v == 0 ? "" : v == 1 ? "/noawait" : "/await"; };
    const auto trigger = [=](int k, int v) { return format("/usr/d{0} p{0}{1}\n", k, option(v)); };
    const auto named = [=](int k, int v) { return format("p{}{}\n", k, option(v)); };
    const auto choice = [](int k, int v) { return format("/bin/c{:03}\n{}\nslave{}\n", k, v, k); };
    const auto region = [](int k, int v) {
        return format("key {0}\n\nvalue {1}\nend {0}\n", k, v);
    };
    const auto line = [](int k, int v) { return format("/usr/{:03}/{}\n", k, v); };
    return {
        {"passwd", passwd},
        {"shadow", shadow},
        {"group", group},
        {"gshadow", gshadow},
        {"subid", subid},
        {"deb822", deb822},
        {"apk", apk},
        {"diversions", diversions},
        {"statoverride", override},
        {"triggers", trigger, "/var/lib/dpkg/triggers/File"},
        {"triggers", named, "/var/lib/dpkg/triggers/ldconfig"},
        {"alternatives", choice, "/x/editor", "auto\n/bin/x\ns\n/bin/s\n\n/bin/a\n-1\ns\n", "\n"},
        {"debconf", question},
        {"ucf", hash},
        {"lines", region, "/etc/file", "", "", Model::Edits::contents},
        {"sorted-lines", line, "/x/y.list", "", "", Model::Edits::sets}};
}

struct Change {
    std::set<int> edited;
    std::set<int> removed;
    std::set<int> added; ///< between two keys of the base
};

class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}

    int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }

    bool once_in(int times) { return below(times) == 0; }

private:
    std::mt19937 engine_;
};

constexpr int base_keys = 40;

/// Keys of the base are even, additions odd.
Records base_records() {
    Records records;
    for (int i = 0; i < base_keys; ++i) {
        records.emplace_back(2 * i, 0);
    }
    return records;
}

/// A change of keys for which `may` holds.
template <typename May>
Change random_change(Random& random, Model::Edits edits, bool only_edits, May may) {
    Change change;
    for (int key = 0; key < 2 * base_keys; ++key) {
        if (!may(key) || !random.once_in(4)) {
            continue;
        }
        const auto is_new = key % 2 != 0;
        if (only_edits || edits == Model::Edits::contents) {
            if (!is_new) {
                change.edited.insert(key);
            }
        } else if (is_new) {
            change.added.insert(key);
        } else {
            (random.once_in(3) ? change.removed : change.edited).insert(key);
        }
    }
    return change;
}

Records changed(const Records& base, const Change& change, int variant) {
    Records records;
    for (const auto& [key, old] : base) {
        if (!change.removed.contains(key)) {
            records.emplace_back(key, change.edited.contains(key) ? variant : old);
        }
        if (change.added.contains(key + 1)) {
            records.emplace_back(key + 1, variant);
        }
    }
    return records;
}

DriverResult
merge(const Model& model, const std::array<std::string, 3>& files, Favour favour = Favour::none) {
    const auto& [base, ours, theirs] = files;
    return registry()
        .at(model.driver)
        ->merge({model.path, as_bytes(base), as_bytes(ours), as_bytes(theirs)}, favour);
}

class Drivers : public testing::TestWithParam<Model> {
protected:
    static constexpr unsigned seeds = 150;

    static bool any(int /*key*/) { return true; }

    /// Halves of the keys, not next to each other.
    static bool first_half(int key) { return key / 4 % 2 == 0; }

    static bool second_half(int key) { return !first_half(key); }

    Change random(unsigned seed, bool only_edits, bool (*may)(int)) const {
        Random engine(seed);
        return random_change(engine, GetParam().edits, only_edits, may);
    }
};

TEST_P(Drivers, give_back_a_side_byte_for_byte_where_the_other_changed_nothing) {
    const auto& model = GetParam();
    const auto b = model.write(base_records());
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const auto x = model.write(changed(base_records(), random(seed, false, any), 1));
        EXPECT_EQ(as_text(merge(model, {b, x, b}).merged), x);
        EXPECT_EQ(as_text(merge(model, {b, b, x}).merged), x);
        EXPECT_EQ(as_text(merge(model, {b, x, x}).merged), x);
        EXPECT_TRUE(merge(model, {b, x, b}).conflicts.empty());
    }
}

TEST_P(Drivers, put_edits_of_one_side_into_the_changed_file_of_the_other_byte_for_byte) {
    const auto& model = GetParam();
    const auto base = base_records();
    const auto b = model.write(base);
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const auto change = random(seed, false, first_half);
        const auto edits = random(seed + seeds, true, second_half);
        const auto x = model.write(changed(base, change, 1));
        const auto y = model.write(changed(base, edits, 2));
        const auto expected = model.write(changed(changed(base, edits, 2), change, 1));
        const auto one = merge(model, {b, x, y});
        const auto other = merge(model, {b, y, x});
        EXPECT_EQ(as_text(one.merged), expected);
        EXPECT_EQ(as_text(other.merged), expected);
        EXPECT_TRUE(one.conflicts.empty());
        EXPECT_TRUE(other.conflicts.empty());
    }
}

TEST_P(Drivers, lose_and_invent_no_record_where_the_sides_change_different_ones) {
    const auto& model = GetParam();
    const auto base = base_records();
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const auto ours = random(seed, false, first_half);
        const auto theirs = random(seed + seeds, false, second_half);
        const auto expected = changed(changed(base, ours, 1), theirs, 2);
        const auto result = merge(
            model,
            {model.write(base),
             model.write(changed(base, ours, 1)),
             model.write(changed(base, theirs, 2))}
        );
        EXPECT_TRUE(result.conflicts.empty());
        EXPECT_EQ(result.merged.size(), model.write(expected).size());
        for (const auto& [key, variant] : expected) {
            const auto record = model.record(key, variant);
            EXPECT_NE(as_text(result.merged).find(record), std::string_view::npos) << record;
        }
    }
}

/// How many keys both sides changed, each in its own way.
std::size_t clashes(const Change& ours, const Change& theirs) {
    std::size_t count = 0;
    for (const auto key : ours.edited) {
        count += theirs.edited.contains(key) || theirs.removed.contains(key) ? 1U : 0U;
    }
    for (const auto key : ours.removed) {
        count += theirs.edited.contains(key) ? 1U : 0U;
    }
    for (const auto key : ours.added) {
        count += theirs.added.contains(key) ? 1U : 0U;
    }
    return count;
}

TEST_P(Drivers, report_each_clash_once_and_alike_from_both_sides) {
    const auto& model = GetParam();
    const auto base = base_records();
    const auto b = model.write(base);
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const auto ours = random(seed, false, any);
        const auto theirs = random(seed + seeds, false, any);
        const auto x = model.write(changed(base, ours, 1));
        const auto y = model.write(changed(base, theirs, 2));
        auto one = merge(model, {b, x, y}).conflicts;
        auto other = merge(model, {b, y, x}).conflicts;
        EXPECT_EQ(one.size(), model.edits == Model::Edits::sets ? 0 : clashes(ours, theirs));
        ASSERT_EQ(one.size(), other.size());
        const auto by_values = [](const DriverConflict& a, const DriverConflict& c) {
            return std::tie(a.what, a.ours, a.theirs) < std::tie(c.what, c.ours, c.theirs);
        };
        for (auto& conflict : other) {
            std::swap(conflict.ours, conflict.theirs);
        }
        std::sort(one.begin(), one.end(), by_values);
        std::sort(other.begin(), other.end(), by_values);
        EXPECT_TRUE(one == other);
    }
}

TEST_P(Drivers, decide_exactly_the_clashing_records_for_a_favoured_side) {
    const auto& model = GetParam();
    if (model.edits == Model::Edits::sets) {
        GTEST_SKIP() << "sets do not clash";
    }
    const auto base = base_records();
    for (unsigned seed = 0; seed < seeds; ++seed) {
        const auto ours = random(seed, true, any);
        const auto theirs = random(seed + seeds, true, any);
        const std::array files{
            model.write(base),
            model.write(changed(base, ours, 1)),
            model.write(changed(base, theirs, 2))};
        const auto for_ours = merge(model, files, Favour::ours);
        const auto for_theirs = merge(model, files, Favour::theirs);
        EXPECT_TRUE(for_ours.conflicts.empty() && for_theirs.conflicts.empty());
        const auto over = [&](const Change& below, int variant, const Change& above, int wins) {
            return model.write(changed(changed(base, below, variant), above, wins));
        };
        EXPECT_EQ(as_text(for_ours.merged), over(theirs, 2, ours, 1));
        EXPECT_EQ(as_text(for_theirs.merged), over(ours, 1, theirs, 2));
    }
}

std::string name_of(const testing::TestParamInfo<Model>& info) {
    auto name = fmt::format("{}{}", info.param.driver, info.index);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

void PrintTo(const Model& model, std::ostream* out) {
    *out << model.driver;
}

INSTANTIATE_TEST_SUITE_P(All, Drivers, testing::ValuesIn(models()), name_of);

TEST(Registry, has_every_driver_under_its_own_name) {
    for (const auto& [name, driver] : registry()) {
        EXPECT_EQ(driver->name(), name);
    }
    EXPECT_EQ(registry().size(), 15U);
}

TEST(Alternatives, do_not_make_a_huge_file_of_two_small_ones) {
    constexpr int many = 2000;
    std::string ours = "auto\n/usr/bin/x\n";
    std::string theirs = ours + "\n";
    std::string targets;
    for (int i = 0; i < many; ++i) {
        ours += fmt::format("s{0}\n/s{0}\n", i);
        targets += "/t\n";
        theirs += fmt::format("/p{}\n10\n", i);
    }
    ours += "\n/q\n5\n" + targets + "\n";
    theirs += "\n";
    const auto result =
        registry()
            .at("alternatives")
            ->merge(
                {"/var/lib/dpkg/alternatives/x", {}, as_bytes(ours), as_bytes(theirs)}, Favour::none
            );
    ASSERT_EQ(result.conflicts.size(), 1);
    EXPECT_EQ(result.conflicts[0].what, "too many choices and slaves");
}

TEST(Registry, drivers_refuse_what_is_not_text_as_one_conflict) {
    const std::string binary("\0\1\2", 3);
    for (const auto& [name, driver] : registry()) {
        const auto result =
            driver->merge({"/f", as_bytes("a"), as_bytes(binary), as_bytes("b")}, Favour::none);
        ASSERT_EQ(result.conflicts.size(), 1U) << name;
        EXPECT_EQ(result.conflicts.front().what, "not text");
    }
}

} // namespace
} // namespace slipway::tree
