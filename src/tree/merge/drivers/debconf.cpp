#include "tree/merge/drivers/debconf.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/text.h"
#include "tree/merge/drivers/stanza_fields.h"
#include "tree/merge/drivers/stanzas.h"

namespace slipway::tree {

namespace {

constexpr std::string_view owners = "Owners";
constexpr std::string_view flags = "Flags";
constexpr std::string_view variables = "Variables";

struct Database {
    StanzaFile file;
    Parts items;                     ///< by name
    std::deque<std::string> texts{}; ///< of items that were put in
};

std::optional<Database> parse_database(std::string_view text) {
    Database database{cut_stanzas(text), {}};
    std::set<std::string_view> seen;
    for (const auto stanza : database.file.stanzas) {
        const auto fields = parse_fields(stanza);
        const auto name = fields ? field_value(*fields, "Name") : std::string_view();
        if (name.empty() || !seen.insert(name).second) {
            return std::nullopt;
        }
        database.items.push_back({PartKind::record, std::string(name), stanza});
    }
    return database;
}

/// The names in "Owners: a, b", or in another such field.
std::set<std::string_view> names_in(std::string_view value) {
    std::set<std::string_view> names;
    for (const auto name : split(value, ',')) {
        names.insert(trimmed(name));
    }
    names.erase("");
    return names;
}

std::set<std::string_view> owners_of(std::string_view stanza) {
    return names_in(field_value(parse_fields(stanza).value_or(Parts()), owners));
}

std::map<std::string_view, std::string_view> by_name(const Parts& items) {
    std::map<std::string_view, std::string_view> map;
    for (const auto& item : items) {
        map.emplace(item.key, item.text);
    }
    return map;
}

/// What a side says that has removed an item: it is as it was, and nobody owns it.
std::string disowned(std::string_view stanza) {
    std::string text;
    for (const auto& field : parse_fields(stanza).value_or(Parts())) {
        text += text.empty() ? "" : "\n";
        text += field.key == owners ? std::string(owners) + ":" : std::string(field.text);
    }
    return text;
}

/// Puts back, without an owner, what `side` removed of the base and the other side gave one more:
/// that one keeps it.
void put_back(const Parts& base, const Parts& other, Database& side) {
    const auto there = by_name(side.items);
    const auto kept = by_name(other);
    const auto less = [](const Part& a, const Part& b) { return a.key < b.key; };
    const auto in_order = std::is_sorted(side.items.begin(), side.items.end(), less);
    for (const auto& item : base) {
        const auto at = kept.find(item.key);
        if (there.contains(item.key) || at == kept.end() ||
            owners_of(at->second) == owners_of(item.text)) {
            continue;
        }
        side.texts.push_back(disowned(item.text));
        side.items.push_back({PartKind::record, item.key, side.texts.back()});
    }
    if (in_order) {
        std::sort(side.items.begin(), side.items.end(), less);
    }
}

/// Who was added by either side is in, who was removed by either is out; in order of names.
std::string merge_set(std::string_view field, const Versions& values) {
    const auto set_of = [](const std::optional<std::string_view>& text) {
        return names_in(text ? without_name(*text) : std::string_view());
    };
    const auto base = set_of(values.base);
    const auto ours = set_of(values.ours);
    const auto theirs = set_of(values.theirs);
    auto all = ours;
    all.insert(theirs.begin(), theirs.end());
    std::string merged(field);
    merged += ":";
    for (const auto name : all) {
        if ((ours.contains(name) && theirs.contains(name)) || !base.contains(name)) {
            merged += merged.back() == ':' ? " " : ", ";
            merged += name;
        }
    }
    return merged;
}

/// The lines " name = value" of the field, by name.
Parts variables_of(const std::optional<std::string_view>& field) {
    Parts parts;
    for (const auto line : split(field.value_or(std::string_view()), '\n')) {
        if (line.starts_with(' ')) {
            parts.push_back({PartKind::record, std::string(line.substr(0, line.find('='))), line});
        }
    }
    return parts;
}

std::string merge_variables(const std::string& item, const Versions& values, Judge& judge) {
    PartRules rules;
    rules.name = [&](const std::string& name) { return item + ": variable" + name; };
    rules.before = [](const std::string& a, const std::string& b) { return a < b; };
    Judge for_ours(Favour::ours);
    const auto merged = merge_parts(
        {variables_of(values.base), variables_of(values.ours), variables_of(values.theirs)},
        rules,
        for_ours
    );
    if (!std::move(for_ours).finish({}).notes.empty()) {
        judge.note(item + ": the variables of ours are kept");
    }
    return std::string(variables) + ":\n" + join_parts(merged, false);
}

std::string merge_item(const std::string& name, const Versions& stanzas, Judge& judge) {
    const auto item = "question " + name;
    PartRules rules;
    rules.name = [&](const std::string& field) { return item + ": " + field; };
    rules.show = [](std::string_view text) { return std::string(without_name(text)); };
    rules.merge = [&](const std::string& field, const Versions& values) {
        if (field == owners || field == flags) {
            return merge_set(field, values);
        }
        if (field == variables) {
            return merge_variables(item, values, judge);
        }
        std::optional<std::string> base;
        if (values.base) {
            base = rules.show(*values.base);
        }
        const auto side = judge.conflict(
            {rules.name(field), base, rules.show(*values.ours), rules.show(*values.theirs)}
        );
        return std::string(*pick(side, values.ours, values.theirs));
    };
    const auto parse = [](const std::optional<std::string_view>& stanza) {
        return stanza ? parse_fields(*stanza).value_or(Parts()) : Parts();
    };
    return join_parts(
        merge_parts(
            {parse(stanzas.base), parse(stanzas.ours), parse(stanzas.theirs)}, rules, judge
        ),
        false
    );
}

/// True if all owners of an item are gone.
bool is_disowned(const MergedPart& item) {
    const auto fields = parse_fields(item.text);
    return fields && std::any_of(fields->begin(), fields->end(), [](const Part& field) {
               return field.key == owners && without_name(field.text).empty();
           });
}

/// Drops what its last owners left, some on either side. What nobody ever owned stays.
void drop_disowned(MergedParts& merged, const Parts& base, Judge& judge) {
    const auto before = by_name(base);
    std::erase_if(merged, [&](const MergedPart& item) {
        const auto was = before.find(item.key);
        if (!is_disowned(item) || was == before.end() || owners_of(was->second).empty()) {
            return false;
        }
        if (disowned(was->second) != disowned(item.text)) {
            judge.note("question " + item.key + ": it was changed, but its last owners are gone");
        }
        return true;
    });
}

} // namespace

std::string merge_debconf(const TextVersions& versions, Judge& judge) {
    std::string refused;
    auto databases =
        parse_versions(versions, parse_database, "a database of debconf", judge, refused);
    if (!databases) {
        return refused;
    }
    auto& [base, ours, theirs] = *databases;
    const auto kept_by_ours = ours.items;
    put_back(base.items, theirs.items, ours);
    put_back(base.items, kept_by_ours, theirs);
    PartRules rules;
    rules.name = [](const std::string& name) { return "question " + name; };
    rules.merge = [&](const std::string& name, const Versions& stanzas) {
        return merge_item(name, stanzas, judge);
    };
    rules.before = [](const std::string& a, const std::string& b) { return a < b; };
    auto merged = merge_parts({base.items, ours.items, theirs.items}, rules, judge);
    drop_disowned(merged, base.items, judge);
    return join_stanzas(merged, {base.file, ours.file, theirs.file});
}

} // namespace slipway::tree
