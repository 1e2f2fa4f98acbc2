// The database of apk.
#include "base/text.h"
#include "tree/merge/drivers/stanzas.h"

namespace slipway::tree {

namespace {

/// The value of the first line "X:value"; empty if there is none.
std::string_view line_value(std::string_view stanza, char letter) {
    for (const auto line : split(stanza, '\n')) {
        if (line.size() > 2 && line[0] == letter && line[1] == ':') {
            return line.substr(2);
        }
    }
    return {};
}

struct Database {
    StanzaFile file;
    Parts packages;
};

std::optional<Database> parse_database(std::string_view text) {
    Database database{cut_stanzas(text), {}};
    for (const auto stanza : database.file.stanzas) {
        const auto name = line_value(stanza, 'P');
        if (name.empty()) {
            return std::nullopt;
        }
        database.packages.push_back({PartKind::record, std::string(name), stanza});
    }
    return database;
}

std::string version_of(std::string_view stanza) {
    return std::string(line_value(stanza, 'V'));
}

} // namespace

std::string merge_apk(const TextVersions& versions, Judge& judge) {
    std::string refused;
    const auto databases =
        parse_versions(versions, parse_database, "a list of packages", judge, refused);
    if (!databases) {
        return refused;
    }
    PartRules rules;
    rules.name = [](const std::string& name) { return "package " + name; };
    rules.show = version_of;
    rules.before = [](const std::string& a, const std::string& b) { return a < b; };
    rules.notes = PartRules::Notes::all;
    const auto merged = merge_parts(
        {databases->base.packages, databases->ours.packages, databases->theirs.packages},
        rules,
        judge
    );
    return join_stanzas(
        merged, {databases->base.file, databases->ours.file, databases->theirs.file}
    );
}

} // namespace slipway::tree
