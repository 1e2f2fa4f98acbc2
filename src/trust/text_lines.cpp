#include "trust/text_lines.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::uint64_t largest_number = 1ULL << 53U;

/// "20261121022425Z" of "2026-11-21T02:24:25Z"; empty if it has another form.
std::string compact_time(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:ddZ";
    std::string digits;
    if (text.size() != form.size()) {
        return digits;
    }
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == 'd') {
            digits += text[i];
        }
    }
    return digits + "Z";
}

} // namespace

TextLines::TextLines(std::string_view text, std::string_view title, std::string_view what)
    : rest_(text), what_(what) {
    if (!rest_.ends_with('\n') || !rest_.starts_with(title) ||
        rest_.substr(title.size(), 1) != "\n") {
        throw wrong("it does not begin with '" + std::string(title) + "'");
    }
    rest_.remove_prefix(title.size() + 1);
}

std::optional<std::string_view> TextLines::take(std::string_view name) {
    if (!rest_.starts_with(name) || rest_.substr(name.size(), 1) != " ") {
        return std::nullopt;
    }
    const auto end = rest_.find('\n');
    const auto value = rest_.substr(name.size() + 1, end - name.size() - 1);
    for (const auto c : value) {
        constexpr unsigned char first_printable = 0x20;
        constexpr unsigned char deleted = 0x7F;
        const auto code = static_cast<unsigned char>(c);
        if (code < first_printable || code == deleted) {
            throw wrong(fmt::format("'{}' has a control character", name));
        }
    }
    rest_.remove_prefix(end + 1);
    return value;
}

std::string_view TextLines::need(std::string_view name) {
    const auto value = take(name);
    if (!value) {
        throw wrong(fmt::format("'{}' is missing or out of place", name));
    }
    return *value;
}

Digest TextLines::need_digest(std::string_view name) {
    return digest(need(name));
}

std::uint64_t TextLines::need_number(std::string_view name) {
    return number(need(name));
}

std::int64_t TextLines::need_time(std::string_view name) {
    return time(need(name));
}

void TextLines::finish() const {
    if (!rest_.empty()) {
        throw wrong(
            fmt::format("'{}' is out of place", printable(rest_.substr(0, rest_.find('\n'))))
        );
    }
}

Error TextLines::wrong(std::string_view how) const {
    return {Fault::corrupt, fmt::format("{} is damaged: {}", what_, how)};
}

Digest TextLines::digest(std::string_view text) const {
    const auto found = Digest::parse(text);
    if (!found) {
        throw wrong(fmt::format("'{}' is no SHA-256", printable(text)));
    }
    return *found;
}

std::uint64_t TextLines::number(std::string_view text) const {
    std::uint64_t value = 0;
    const auto* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (text.empty() || result.ec != std::errc() || result.ptr != end || value > largest_number ||
        std::to_string(value) != text) {
        throw wrong(fmt::format("'{}' is no number", printable(text)));
    }
    return value;
}

std::int64_t TextLines::time(std::string_view text) const {
    const auto compact = compact_time(text);
    const auto value = compact.empty() ? 0 : parse_time(compact);
    if (value < 0 || compact.empty() || time_text(static_cast<std::uint64_t>(value)) != text) {
        throw wrong(fmt::format("'{}' is no time", printable(text)));
    }
    return value;
}

} // namespace slipway::trust
