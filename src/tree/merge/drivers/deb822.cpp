// The databases of dpkg and apt.
#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "tree/merge/drivers/stanza_fields.h"
#include "tree/merge/drivers/stanzas.h"

namespace slipway::tree {

namespace {

/// The order in which dpkg writes fields (fieldinfos in its lib/dpkg/parse.c); others follow.
constexpr std::array field_order{
    "Package",         "Essential",      "Protected", "Status",      "Priority",
    "Section",         "Installed-Size", "Origin",    "Maintainer",  "Bugs",
    "Architecture",    "Multi-Arch",     "Source",    "Version",     "Config-Version",
    "Replaces",        "Provides",       "Depends",   "Pre-Depends", "Recommends",
    "Suggests",        "Breaks",         "Conflicts", "Enhances",    "Conffiles",
    "Filename",        "Size",           "MD5sum",    "Description", "Triggers-Pending",
    "Triggers-Awaited"};

std::size_t field_rank(std::string_view name) {
    static const auto ranks = [] {
        std::unordered_map<std::string_view, std::size_t> by_name;
        for (std::size_t i = 0; i < field_order.size(); ++i) {
            by_name[field_order.at(i)] = i;
        }
        return by_name;
    }();
    const auto found = ranks.find(name);
    return found == ranks.end() ? ranks.size() : found->second;
}

struct Package {
    std::string_view name;
    std::string_view architecture;
    std::string_view stanza;
};

struct Database {
    StanzaFile file;
    std::vector<Package> packages;
};

std::optional<Database> parse_database(std::string_view text) {
    Database database{cut_stanzas(text), {}};
    for (const auto stanza : database.file.stanzas) {
        const auto fields = parse_fields(stanza);
        if (!fields || field_value(*fields, "Package").empty()) {
            return std::nullopt;
        }
        database.packages.push_back(
            {field_value(*fields, "Package"), field_value(*fields, "Architecture"), stanza}
        );
    }
    return database;
}

/// The packages that one version has more than once: they need their architecture.
void find_repeated(const Database& database, std::unordered_set<std::string_view>& repeated) {
    std::unordered_set<std::string_view> seen;
    for (const auto& package : database.packages) {
        if (!seen.insert(package.name).second) {
            repeated.insert(package.name);
        }
    }
}

Parts keyed(const Database& database, const std::unordered_set<std::string_view>& repeated) {
    Parts parts;
    parts.reserve(database.packages.size());
    for (const auto& package : database.packages) {
        std::string key(package.name);
        if (repeated.contains(package.name)) {
            // NUL sorts before all that a name may hold, as dpkg compares name, then architecture.
            key += '\0' + std::string(package.architecture);
        }
        parts.push_back({PartKind::record, std::move(key), package.stanza});
    }
    return parts;
}

std::string package_name(const std::string& key) {
    auto name = "package " + key;
    std::replace(name.begin(), name.end(), '\0', ':');
    return name;
}

/// Which files of a package are there: its version, and its state unless it is installed.
std::string identity(std::string_view stanza) {
    const auto fields = parse_fields(stanza).value_or(Parts());
    const auto status = split(field_value(fields, "Status"), ' ');
    std::string text(field_value(fields, "Version"));
    if (status.size() == 3 && status[2] != "installed") {
        text += " (" + std::string(status[2]) + ")";
    }
    return text;
}

/// How a stanza is shown: by its identity, or as it is where it has none.
std::string show_stanza(std::string_view stanza) {
    const auto text = identity(stanza);
    return text.empty() ? std::string(stanza) : text;
}

/// Merges the words of "Status: want flag state" each by itself; nothing if one clashes.
std::optional<std::string> merge_status(const Versions& values) {
    const auto base = split(values.base.value_or(std::string_view()), ' ');
    const auto ours = split(*values.ours, ' ');
    const auto theirs = split(*values.theirs, ' ');
    if (base.size() != ours.size() || ours.size() != theirs.size()) {
        return std::nullopt;
    }
    std::string merged;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const auto side = changed_side(base[i], ours[i], theirs[i]);
        if (!side) {
            return std::nullopt;
        }
        merged += i == 0 ? "" : " ";
        merged += pick(*side, ours[i], theirs[i]);
    }
    return merged;
}

/// How a field is shown: without its name.
std::string show_field(std::string_view text) {
    return std::string(without_name(text));
}

std::string merge_fields(const std::string& package, const Versions& stanzas, Judge& judge) {
    const auto parse = [](const std::optional<std::string_view>& stanza) {
        return stanza ? parse_fields(*stanza).value_or(Parts()) : Parts();
    };
    PartRules rules;
    rules.name = [&](const std::string& field) { return package + ": " + field; };
    rules.show = show_field;
    rules.before = [](const std::string& a, const std::string& b) {
        return field_rank(a) < field_rank(b);
    };
    rules.merge = [&](const std::string& field, const Versions& values) {
        if (auto merged = field == "Status" ? merge_status(values) : std::nullopt) {
            return std::move(*merged);
        }
        std::optional<std::string> base;
        if (values.base) {
            base = show_field(*values.base);
        }
        const auto side = judge.conflict(
            {rules.name(field), base, show_field(*values.ours), show_field(*values.theirs)}
        );
        return std::string(*pick(side, values.ours, values.theirs));
    };
    const auto merged = merge_parts(
        {parse(stanzas.base), parse(stanzas.ours), parse(stanzas.theirs)}, rules, judge
    );
    return join_parts(merged, false);
}

std::string merge_stanza(const std::string& key, const Versions& stanzas, Judge& judge) {
    std::optional<std::string> base;
    if (stanzas.base) {
        base = identity(*stanzas.base);
    }
    const std::optional ours = identity(*stanzas.ours);
    const std::optional theirs = identity(*stanzas.theirs);
    const auto package = package_name(key);
    if (changed_side(base, ours, theirs)) {
        return merge_fields(package, stanzas, judge);
    }
    const auto side = judge.conflict({package + ": version", base, ours, theirs});
    return std::string(*pick(side, stanzas.ours, stanzas.theirs));
}

} // namespace

std::string merge_deb822(const TextVersions& versions, Judge& judge) {
    std::string refused;
    const auto databases =
        parse_versions(versions, parse_database, "a list of packages", judge, refused);
    if (!databases) {
        return refused;
    }
    std::unordered_set<std::string_view> repeated;
    find_repeated(databases->base, repeated);
    find_repeated(databases->ours, repeated);
    find_repeated(databases->theirs, repeated);
    PartRules rules;
    rules.name = package_name;
    rules.show = show_stanza;
    rules.merge = [&](const std::string& key, const Versions& stanzas) {
        return merge_stanza(key, stanzas, judge);
    };
    rules.before = [](const std::string& a, const std::string& b) { return a < b; };
    rules.notes = PartRules::Notes::all;
    const auto merged = merge_parts(
        {keyed(databases->base, repeated),
         keyed(databases->ours, repeated),
         keyed(databases->theirs, repeated)},
        rules,
        judge
    );
    return join_stanzas(
        merged, {databases->base.file, databases->ours.file, databases->theirs.file}
    );
}

} // namespace slipway::tree
