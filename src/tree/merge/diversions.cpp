#include "tree/merge/diversions.h"

#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/content.h"
#include "tree/merge/drivers/judge.h"
#include "tree/merge/fields.h"
#include "tree/merge/tree_paths.h"

namespace slipway::tree::merging {

namespace {

constexpr std::string_view list_path = "/var/lib/dpkg/diversions";
constexpr std::string_view driver_name = "diversions";
constexpr std::uint64_t longest_list = 1U << 20U;

/// Where what belongs at a path lies, by path.
using Diversions = std::map<std::string, std::string>;

/// A list that is none has no diversions: its driver says so.
Diversions parse(std::string_view text) {
    Diversions diversions;
    const auto lines = read_lines(text).lines;
    for (std::size_t i = 0; i + 2 < lines.size(); i += 3) {
        diversions.emplace(lines[i], lines[i + 1]);
    }
    return diversions;
}

bool same(const std::optional<Entry>& a, const std::optional<Entry>& b) {
    return a && b ? same_but_time(*a, *b) : a.has_value() == b.has_value();
}

bool simple(const std::optional<Entry>& entry) {
    return !entry || (!entry->link && !directory_of(&*entry));
}

class DiversionPlanner {
public:
    DiversionPlanner(
        DirectoryReader& reader,
        const Triple<std::optional<Digest>>& roots,
        Plan& plan,
        Referee& referee
    )
        : reader_(reader), paths_(reader, roots), plan_(plan), referee_(referee) {}

    void run() {
        const auto* rule = referee_.rule(list_path);
        if (rule == nullptr || rule->action != MergeRule::Action::driver ||
            rule->argument != driver_name) {
            return; // the list is not merged by its entries
        }
        Triple<std::optional<Entry>> lists;
        for (const auto version : all_versions) {
            lists.of(version) = paths_.entry(version, list_path);
        }
        if (same(lists.ours, lists.base) && same(lists.theirs, lists.base)) {
            return;
        }
        Triple<Diversions> diversions;
        for (const auto version : all_versions) {
            diversions.of(version) = read(lists.of(version));
        }
        for (const auto side : both_sides) {
            compare(side, diversions.base, diversions.of(side), diversions.of(other_side(side)));
        }
    }

private:
    Diversions read(const std::optional<Entry>& entry) const {
        const auto* file = entry ? std::get_if<File>(&entry->node) : nullptr;
        if (file == nullptr || file->size > longest_list) {
            return {};
        }
        const auto bytes = read_all(*open_file(reader_.contents(), *file), file->size);
        return parse(as_text(bytes));
    }

    /// What `side` changed in the list while the other one did not.
    void compare(
        Version side, const Diversions& base, const Diversions& changed, const Diversions& other
    ) {
        for (const auto& [path, place] : changed) {
            if (base.count(path) == 0 && other.count(path) == 0) {
                move(side, path, place);
            }
        }
        for (const auto& [path, place] : base) {
            const auto kept = other.find(path);
            if (changed.count(path) == 0 && kept != other.end() && kept->second == place) {
                move(side, place, path);
            }
        }
    }

    /// In the base, or else where the side that moved it made a directory for it.
    std::optional<std::string> real_path(Version side, const std::string& path) const {
        const auto in_base = paths_.real_path(Version::base, path);
        return in_base ? in_base : paths_.real_path(side, path);
    }

    /// `side` moved a file from one path to another; a change of the other side goes along. What
    /// `side` has at the old path stays as it is, if the other side has nothing else to say there.
    void move(Version side, const std::string& from_link, const std::string& to_link) {
        const auto from = real_path(side, from_link);
        const auto to = real_path(side, to_link);
        if (!from || !to) {
            return;
        }
        const auto other = other_side(side);
        const auto before = paths_.entry(Version::base, *from);
        const auto edited = paths_.entry(other, *from);
        const auto moved = paths_.entry(side, *to);
        const auto left = paths_.entry(side, *from);
        const auto in_the_way = paths_.entry(other, *to);
        if (same(before, edited) || !same(in_the_way, paths_.entry(Version::base, *to)) ||
            !simple(before) || !simple(edited) || !simple(moved) || !simple(left)) {
            return;
        }
        Planned target;
        target.versions.base = before;
        target.versions.of(side) = moved;
        target.versions.of(other) = edited;
        if (moved || in_the_way) {
            plan_.put(*to, std::move(target));
        } else if (can_be_made(*to)) {
            plan_.create(*to, std::move(target)); // there was nothing to put aside
        } else {
            return;
        }
        Planned source;
        source.versions.of(side) = left;
        plan_.put(*from, std::move(source));
        referee_.note(
            *to,
            fmt::format(
                "{} diverts or puts back {}, and what {} changed there follows",
                name_of(side),
                printable(*from),
                name_of(other)
            )
        );
    }

    bool can_be_made(const std::string& path) const {
        const auto directory = path.substr(0, path.rfind('/'));
        return directory.empty() || paths_.will_exist(directory);
    }

    DirectoryReader& reader_;
    TreePaths paths_;
    Plan& plan_;
    Referee& referee_;
};

} // namespace

void plan_diversions(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    Plan& plan,
    Referee& referee
) {
    DiversionPlanner(reader, roots, plan, referee).run();
}

} // namespace slipway::tree::merging
