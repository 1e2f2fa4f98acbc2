#include "cli/changes.h"

#include <array>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/entries.h"
#include "cli/output.h"
#include "tree/content.h"
#include "tree/renames.h"

namespace slipway::cli {

namespace {

using tree::Change;
using tree::Part;

bool is_directory(const Change& change) {
    const auto& entry = change.after ? *change.after : *change.before;
    return std::holds_alternative<tree::Subdirectory>(entry.node);
}

/// Without renames and in all but its time the same.
bool differs_in_time_alone(const Change& change) {
    return !change.renamed() && change.parts == tree::Parts{Part::mtime};
}

/// " 0644->0600": the values of a part that are short enough to be told.
std::string values_of(Part part, const tree::Entry& before, const tree::Entry& after) {
    const auto& old_one = before.attributes;
    const auto& new_one = after.attributes;
    switch (part) {
    case Part::type:
        return fmt::format(" {}->{}", type_name(before.node), type_name(after.node));
    case Part::mode:
        return fmt::format(" {:04o}->{:04o}", old_one.mode, new_one.mode);
    case Part::owner:
        return fmt::format(" {}->{}", old_one.uid, new_one.uid);
    case Part::group:
        return fmt::format(" {}->{}", old_one.gid, new_one.gid);
    case Part::xattrs: {
        std::string names;
        for (const auto& name : tree::differing_xattrs(old_one, new_one)) {
            names += " " + printable(name);
        }
        return names;
    }
    default:
        return "";
    }
}

std::string parts_text(const Change& change) {
    std::string text;
    for (const auto part : tree::all_parts) {
        if (change.parts.has(part)) {
            text += fmt::format(
                "{}{}{}",
                text.empty() ? "" : ", ",
                tree::part_name(part),
                values_of(part, *change.before, *change.after)
            );
        }
    }
    return text;
}

struct Kind {
    char letter;
    Colour colour;
    const char* name;
};

Kind kind_of(const Change& change) {
    if (change.renamed()) {
        return {'R', Colour::cyan, "renamed"};
    }
    if (change.added()) {
        return {'A', Colour::green, "added"};
    }
    return change.removed() ? Kind{'D', Colour::red, "removed"}
                            : Kind{'M', Colour::yellow, "changed"};
}

/// How many of each there are.
struct Counts {
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
    std::uint64_t renamed = 0;
    std::uint64_t changed = 0;
    std::uint64_t times = 0;
    std::int64_t bytes = 0;

    void add(const Change& change) {
        auto& count = change.renamed()                ? renamed
                      : change.added()                ? added
                      : change.removed()              ? removed
                      : differs_in_time_alone(change) ? times
                                                      : changed;
        count += 1;
        bytes += size_of(change.after) - size_of(change.before);
    }

    bool is_times_alone() const { return added + removed + renamed + changed == 0; }

    static std::int64_t size_of(const std::optional<tree::Entry>& entry) {
        const auto* const file = entry ? std::get_if<tree::File>(&entry->node) : nullptr;
        return file == nullptr ? 0 : static_cast<std::int64_t>(file->size);
    }

    nlohmann::json json() const {
        return {
            {"added", added},
            {"removed", removed},
            {"renamed", renamed},
            {"changed", changed},
            {"times", times},
            {"bytes", bytes}};
    }
};

/// The first two directories above an entry: "/usr/lib" for "/usr/lib/x/y", "/" for "/x".
std::string place_of(const std::string& path) {
    const auto end = path.rfind('/');
    const auto first = path.find('/', 1);
    if (end == 0 || first == std::string::npos) {
        return "/";
    }
    const auto second = path.find('/', first + 1);
    return path.substr(0, std::min(end, second));
}

/// The table has one line for all places where nothing but times differs.
constexpr const char* times_alone = "elsewhere, times alone";

std::map<std::string, Counts> count_by_place(const std::vector<Change>& changes) {
    std::map<std::string, Counts> places;
    for (const auto& change : changes) {
        places[place_of(change.path)].add(change);
    }
    return places;
}

Counts count_all(const std::vector<Change>& changes) {
    Counts counts;
    for (const auto& change : changes) {
        counts.add(change);
    }
    return counts;
}

std::string signed_bytes(std::int64_t bytes) {
    if (bytes == 0) {
        return "";
    }
    const auto size =
        bytes < 0 ? 0 - static_cast<std::uint64_t>(bytes) : static_cast<std::uint64_t>(bytes);
    return (bytes < 0 ? "-" : "+") + human_bytes(size);
}

/// The fields of one line of the table, without spaces at its end.
std::string table_row(const std::string& place, const std::array<std::string, 6>& fields) {
    auto row = fmt::format("{:<32}", place);
    for (const auto& field : fields) {
        row += fmt::format(" {:>7}", field);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    return row + "\n";
}

std::string table_row(const std::string& place, const Counts& counts) {
    const auto number = [](std::uint64_t count) { return count == 0 ? "" : std::to_string(count); };
    return table_row(
        place,
        {number(counts.added),
         number(counts.removed),
         number(counts.renamed),
         number(counts.changed),
         number(counts.times),
         fmt::format("{:>10}", signed_bytes(counts.bytes))}
    );
}

} // namespace

Sides sides_of_commit(sync::View& view, const tree::Commit& commit) {
    Sides sides{std::nullopt, commit.tree};
    if (!commit.parents.empty()) {
        sides.before = tree::load_commit(view, commit.parents.front()).tree;
        view.prepare(*sides.before);
    }
    view.prepare(sides.after);
    return sides;
}

std::vector<Change>
find_changes(const Contents& contents, const Sides& sides, const ChangeOptions& options) {
    const auto ignored = options.times == Times::leave ? tree::Parts{Part::mtime} : tree::Parts();
    std::vector<Change> changes;
    tree::diff(contents, {sides.before, sides.after, options.path, ignored}, [&](Change change) {
        changes.push_back(std::move(change));
    });
    return options.renames == Renames::pair ? tree::pair_renames(std::move(changes), ignored)
                                            : changes;
}

std::vector<Change> collapsed(std::vector<Change> changes) {
    std::vector<Change> shown;
    const auto lies_in_last = [&](const Change& change) {
        if (shown.empty() || !is_directory(shown.back())) {
            return false;
        }
        const auto& outer = shown.back();
        const auto alike =
            (outer.added() && change.added()) || (outer.removed() && change.removed());
        return alike && (outer.path == "/" || change.path.starts_with(outer.path + "/"));
    };
    for (auto& change : changes) {
        if (lies_in_last(change)) {
            shown.back().inside += 1;
        } else {
            shown.push_back(std::move(change));
        }
    }
    return shown;
}

std::string line_of(const Change& change, const Palette& palette) {
    const auto kind = kind_of(change);
    const auto* const slash = is_directory(change) && change.path != "/" ? "/" : "";
    auto text = std::string(1, kind.letter) + "  ";
    if (!change.parts.empty()) {
        text += parts_text(change) + "  ";
    }
    if (change.renamed()) {
        text += printable(change.from) + slash + " -> ";
    }
    text += printable(change.path) + slash;
    if (change.inside > 0) {
        text += fmt::format("  ({} {})", change.inside, change.inside == 1 ? "entry" : "entries");
    }
    return palette.paint(kind.colour, text) + "\n";
}

nlohmann::json json_of(const Change& change) {
    auto parts = nlohmann::json::array();
    for (const auto part : tree::all_parts) {
        if (change.parts.has(part)) {
            parts.push_back(tree::part_name(part));
        }
    }
    nlohmann::json object{
        {"change", kind_of(change).name}, {"path", change.path}, {"parts", parts}};
    if (change.renamed()) {
        object["from"] = change.from;
    }
    if (change.before) {
        object["before"] = entry_json(*change.before, change.before->attributes);
    }
    if (change.after) {
        object["after"] = entry_json(*change.after, change.after->attributes);
    }
    if (change.parts.has(Part::xattrs)) {
        object["xattrs"] =
            tree::differing_xattrs(change.before->attributes, change.after->attributes);
    }
    return object;
}

std::string stat_of(const std::vector<Change>& changes) {
    if (changes.empty()) {
        return "";
    }
    auto table = table_row("", {"added", "removed", "renamed", "changed", "times", "      size"});
    Counts quiet;
    for (const auto& [place, counts] : count_by_place(changes)) {
        if (counts.is_times_alone()) {
            quiet.times += counts.times;
        } else {
            table += table_row(printable(place), counts);
        }
    }
    if (quiet.times > 0) {
        table += table_row(times_alone, quiet);
    }
    return table + table_row("together", count_all(changes));
}

nlohmann::json stat_json(const std::vector<Change>& changes) {
    auto places = nlohmann::json::object();
    for (const auto& [place, counts] : count_by_place(changes)) {
        places[place] = counts.json();
    }
    return {{"together", count_all(changes).json()}, {"places", places}};
}

} // namespace slipway::cli
