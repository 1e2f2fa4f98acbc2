#include "mount/fields.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::mount {

namespace {

constexpr std::size_t escape_length = 4; // \xHH

[[noreturn]] void refuse(std::string_view kind) {
    throw Error(Fault::corrupt, fmt::format("this is not a file of the kind \"{}\"", kind));
}

/// The byte that `text` starts with; `length` says how much of it that was. Nothing if malformed.
std::optional<char> first_byte(std::string_view text, std::size_t& length) {
    length = 1;
    if (text.front() != '\\') {
        return text.front();
    }
    if (text.size() < escape_length || text[1] != 'x') {
        return {};
    }
    length = escape_length;
    unsigned char value = 0;
    const auto end = text.data() + escape_length;
    if (std::from_chars(text.data() + 2, end, value, 16).ptr != end) {
        return {};
    }
    return static_cast<char>(value);
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        std::size_t length = 0;
        const auto byte = first_byte(text, length);
        if (!byte) {
            return {};
        }
        plain += *byte;
        text.remove_prefix(length);
    }
    return plain;
}

} // namespace

std::string write_fields(std::string_view kind, const Fields& fields) {
    auto text = fmt::format("{}\n", kind);
    for (const auto& [name, value] : fields) {
        text += fmt::format("{} {}\n", name, printable(value));
    }
    return text;
}

Fields parse_fields(std::string_view kind, ConstBytes bytes) {
    auto lines = split(as_text(bytes), '\n');
    if (lines.size() < 2 || lines.front() != kind || !lines.back().empty()) {
        refuse(kind);
    }
    lines.pop_back();
    Fields fields;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto space = lines[i].find(' ');
        if (space == std::string_view::npos) {
            refuse(kind);
        }
        auto value = unescaped(lines[i].substr(space + 1));
        if (!value) {
            refuse(kind);
        }
        fields[std::string(lines[i].substr(0, space))] = std::move(*value);
    }
    return fields;
}

std::uint64_t number_in(const Fields& fields, const std::string& name) {
    const auto text = text_in(fields, name);
    std::uint64_t number = 0;
    const auto end = text.data() + text.size();
    if (text.empty() || std::from_chars(text.data(), end, number).ptr != end) {
        throw Error(Fault::corrupt, fmt::format("the value of {} is not a number", name));
    }
    return number;
}

std::string text_in(const Fields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

} // namespace slipway::mount
