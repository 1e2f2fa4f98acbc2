#include "tree/merge/drivers/stanza_fields.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"

namespace slipway::tree {

namespace {

/// The name in a line "Name: value"; empty if it is none.
std::string_view field_name(std::string_view line) {
    const auto name = line.substr(0, std::min(line.find(':'), line.size()));
    return name.size() == line.size() || name.find_first_of(" \t") != name.npos ? "" : name;
}

} // namespace

std::optional<Parts> parse_fields(std::string_view stanza) {
    Parts fields;
    std::unordered_set<std::string_view> seen;
    for (const auto line : split(stanza, '\n')) {
        if (!fields.empty() && (line.starts_with(' ') || line.starts_with('\t'))) {
            auto& text = fields.back().text;
            text = {text.data(), static_cast<std::size_t>(line.data() + line.size() - text.data())};
            continue;
        }
        const auto name = field_name(line);
        if (name.empty() || !seen.insert(name).second) {
            return std::nullopt;
        }
        fields.push_back({PartKind::record, std::string(name), line});
    }
    return fields;
}

std::string_view field_value(const Parts& fields, std::string_view name) {
    for (const auto& field : fields) {
        if (field.key == name) {
            return without_name(field.text);
        }
    }
    return {};
}

std::string_view without_name(std::string_view text) {
    return trimmed(text.substr(std::min(text.find(':') + 1, text.size())));
}

} // namespace slipway::tree
