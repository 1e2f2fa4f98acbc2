#include "base/text.h"

#include <cctype>

#include <fmt/format.h>

namespace slipway {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Rank of a character outside numbers; the end of the text ranks 0.
int version_rank(std::string_view text, std::size_t at) {
    if (at >= text.size() || is_digit(text[at])) {
        return 0;
    }
    if (text[at] == '~') {
        return -1;
    }
    const auto code = static_cast<unsigned char>(text[at]);
    return is_letter(text[at]) ? code : code + 256;
}

/// The run of digits at `at` without leading zeros; moves `at` behind it.
std::string_view take_number(std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == '0') {
        ++at;
    }
    const auto begin = at;
    while (at < text.size() && is_digit(text[at])) {
        ++at;
    }
    return text.substr(begin, at - begin);
}

/// True of what a terminal obeys: C0, DEL, and C1 as UTF-8 (U+0080 to U+009F).
bool is_control(std::string_view bytes) {
    const auto code = static_cast<unsigned char>(bytes[0]);
    return code < 0x20 || code == 0x7F ||
           (code == 0xC2 && bytes.size() > 1 && static_cast<unsigned char>(bytes[1]) < 0xA0);
}

} // namespace

std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (text.empty()) {
        return 0;
    }
    const auto first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const auto second = byte(1);
    const auto refused = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                         (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return refused ? 0 : length;
}

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto c = text.front();
        if (length == 0) {
            quoted += "\xEF\xBF\xBD";
        } else if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            quoted += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return quoted + "\"";
}

std::string printable(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        const auto code = static_cast<unsigned char>(bytes.front());
        const auto length = is_control(bytes) ? 0 : utf8_length(bytes);
        if (length == 0 || code == '\\') {
            text += fmt::format("\\x{:02x}", code);
        } else {
            text += bytes.substr(0, length);
        }
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    if (count == 1) {
        return fmt::format("1 {}", singular);
    }
    return plural.empty() ? fmt::format("{} {}s", count, singular)
                          : fmt::format("{} {}", count, plural);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

int compare_versions(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
            const auto left = version_rank(a, i);
            const auto right = version_rank(b, j);
            if (left != right) {
                return left - right;
            }
            ++i;
            ++j;
        }
        const auto left = take_number(a, i);
        const auto right = take_number(b, j);
        if (left.size() != right.size()) {
            return left.size() < right.size() ? -1 : 1;
        }
        if (const auto order = left.compare(right); order != 0) {
            return order;
        }
    }
    return 0;
}

} // namespace slipway
