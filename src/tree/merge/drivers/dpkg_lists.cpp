#include "tree/merge/drivers/dpkg_lists.h"

#include <algorithm>

#include "base/text.h"
#include "tree/merge/drivers/parts.h"
#include "tree/merge/drivers/records.h"
#include "tree/merge/drivers/unique.h"

namespace slipway::tree {

namespace {

/// A file by lines with the parts they make.
struct ListFile {
    LineFile lines;
    Parts parts;
};

using ParseList = std::optional<ListFile> (*)(std::string_view text);

std::optional<ListFile> parse_diversions(std::string_view text) {
    ListFile file{read_lines(text), {}};
    const auto& lines = file.lines.lines;
    if (lines.size() % 3 != 0) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < lines.size(); i += 3) {
        if (lines[i].empty() || lines[i + 1].empty() || lines[i + 2].empty()) {
            return std::nullopt;
        }
        const auto* end = lines[i + 2].data() + lines[i + 2].size();
        const std::string_view rest(
            lines[i + 1].data(), static_cast<std::size_t>(end - lines[i + 1].data())
        );
        file.parts.push_back({PartKind::record, std::string(lines[i]), rest});
    }
    return file;
}

/// Parses a list in which `key_of` gives the key of each line; empty if it is not of the family.
template <typename KeyOf>
std::optional<ListFile> parse_list(std::string_view text, KeyOf key_of) {
    ListFile file{read_lines(text), {}};
    for (const auto line : file.lines.lines) {
        const std::string_view key = key_of(line);
        if (key.empty()) {
            return std::nullopt;
        }
        file.parts.push_back({PartKind::record, std::string(key), line});
    }
    return file;
}

std::optional<ListFile> parse_statoverride(std::string_view text) {
    return parse_list(text, [](std::string_view line) {
        auto path = line;
        for (int field = 0; field < 3; ++field) {
            path.remove_prefix(std::min(path.find(' '), path.size()));
            path.remove_prefix(path.empty() ? 0 : 1);
        }
        return path;
    });
}

/// A package, or a path and a package, without the option behind it.
std::string_view without_option(std::string_view line) {
    for (const std::string_view option : {"/noawait", "/await"}) {
        if (line.ends_with(option)) {
            return line.substr(0, line.size() - option.size());
        }
    }
    return line;
}

std::optional<ListFile> parse_file_triggers(std::string_view text) {
    return parse_list(text, [](std::string_view line) {
        const auto key = without_option(line);
        const auto space = key.find(' ');
        return space == key.npos || space == 0 || space + 1 == key.size() ? "" : key;
    });
}

std::optional<ListFile> parse_named_trigger(std::string_view text) {
    return parse_list(text, [](std::string_view line) {
        const auto key = without_option(line);
        return key.find(' ') == key.npos ? key : "";
    });
}

std::optional<ListFile> parse_deferred_triggers(std::string_view text) {
    return parse_list(text, [](std::string_view line) {
        return line.substr(0, std::min(line.find(' '), line.size()));
    });
}

/// "trigger package...", or "trigger -" where none is left.
std::string merge_deferred(const std::string& trigger, const Versions& lines) {
    const auto packages = [&](const std::optional<std::string_view>& line) {
        auto rest = line.value_or(std::string_view());
        rest.remove_prefix(std::min(trigger.size() + 1, rest.size()));
        return rest == "-" ? std::string_view() : rest;
    };
    const auto merged =
        merge_names({packages(lines.base), packages(lines.ours), packages(lines.theirs)}, ' ');
    return trigger + " " + (merged.empty() ? "-" : merged);
}

/// "word path", with blanks between.
std::optional<ListFile> parse_ucf(std::string_view text) {
    return parse_list(text, [](std::string_view line) {
        auto path = line;
        path.remove_prefix(std::min(path.find_first_of(" \t"), path.size()));
        return trimmed(path);
    });
}

PartRules list_rules(std::string_view noun) {
    PartRules rules;
    rules.name = [noun](const std::string& key) { return std::string(noun) + " " + key; };
    rules.notes = PartRules::Notes::all;
    return rules;
}

std::string
merge_list(const TextVersions& versions, ParseList parse, const PartRules& rules, Judge& judge) {
    std::string refused;
    const auto lists = parse_versions(versions, parse, "a list as dpkg writes it", judge, refused);
    if (!lists) {
        return refused;
    }
    const auto& [base, ours, theirs] = *lists;
    const auto merged = merge_parts({base.parts, ours.parts, theirs.parts}, rules, judge);
    return join_parts(merged, merged_final_newline({base.lines, ours.lines, theirs.lines}));
}

} // namespace

std::string merge_diversions(const TextVersions& versions, Judge& judge) {
    std::string refused;
    const auto lists =
        parse_versions(versions, parse_diversions, "a list of diversions", judge, refused);
    if (!lists) {
        return refused;
    }
    const auto& [base, ours, theirs] = *lists;
    const Three<Parts> parts{base.parts, ours.parts, theirs.parts};
    auto merged = merge_parts(parts, list_rules("diversion of"), judge);
    keep_unique(
        merged,
        parts,
        {[](PartKind /*kind*/, std::string_view text) {
             return std::optional(std::string(text.substr(0, text.find('\n'))));
         },
         [](const std::string& target) { return "diversion to " + target; }},
        judge
    );
    for (auto& part : merged) {
        part.text = part.key + "\n" + part.text;
    }
    return join_parts(merged, merged_final_newline({base.lines, ours.lines, theirs.lines}));
}

std::string merge_statoverride(const TextVersions& versions, Judge& judge) {
    return merge_list(versions, parse_statoverride, list_rules("override of"), judge);
}

std::string merge_ucf(const TextVersions& versions, Judge& judge) {
    return merge_list(versions, parse_ucf, list_rules("entry of"), judge);
}

std::string merge_triggers(const TextVersions& versions, Judge& judge) {
    const auto name = versions.path.substr(versions.path.rfind('/') + 1);
    auto rules = list_rules("trigger");
    if (name == "File") {
        return merge_list(versions, parse_file_triggers, rules, judge);
    }
    if (name == "Unincorp") {
        rules.merge = merge_deferred;
        return merge_list(versions, parse_deferred_triggers, rules, judge);
    }
    return merge_list(versions, parse_named_trigger, list_rules("trigger package"), judge);
}

} // namespace slipway::tree
