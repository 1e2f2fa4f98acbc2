#include "net/target.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"
#include "net/ascii.h"

namespace slipway::net {

namespace {

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A') + 10;
    }
    return std::nullopt;
}

bool is_control(char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7F;
}

/// A decoded component that means itself and nothing else.
bool is_plain_component(std::string_view component) {
    return !component.empty() && component != "." && component != ".." &&
           std::none_of(component.begin(), component.end(), [](char c) {
               return is_control(c) || c == '/' || c == '\\';
           });
}

std::optional<std::string> parse_path(std::string_view text) {
    if (!text.starts_with('/')) {
        return std::nullopt;
    }
    std::string path;
    auto components = split(text.substr(1), '/');
    const bool ends_in_slash = components.back().empty();
    if (ends_in_slash) {
        components.pop_back();
    }
    for (const auto& component : components) {
        const auto decoded = percent_decoded(component);
        if (!decoded || !is_plain_component(*decoded)) {
            return std::nullopt;
        }
        path += '/';
        path += *decoded;
    }
    if (ends_in_slash) {
        path += '/';
    }
    return path;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
    std::map<std::string, std::string> query;
    for (const auto& pair : split(text, '&')) {
        if (pair.empty()) {
            continue;
        }
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decoded(pair.substr(0, equals));
        auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            return std::nullopt;
        }
        query.insert_or_assign(std::move(*name), std::move(*value));
    }
    return query;
}

/// What follows "http://authority", or `text` itself if it starts otherwise.
std::string_view without_authority(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (!starts_without_case(text, scheme)) {
        return text;
    }
    text.remove_prefix(scheme.size());
    const auto end = std::min(text.find_first_of("/?"), text.size());
    return end == 0 ? std::string_view() : text.substr(end);
}

} // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        char c = text[at];
        if (c == '%') {
            if (text.size() - at < 3) {
                return std::nullopt;
            }
            const auto high = hex_digit(text[at + 1]);
            const auto low = hex_digit(text[at + 2]);
            if (!high || !low) {
                return std::nullopt;
            }
            c = static_cast<char>(*high * 16 + *low);
            at += 2;
        }
        if (c == '\0') {
            return std::nullopt;
        }
        decoded += c;
    }
    return decoded;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view plain = "-._~/";
    std::string encoded;
    for (const auto c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || plain.find(c) != plain.npos) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

std::optional<Target> parse_target(std::string_view text) {
    if (text.find('#') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto local = without_authority(text);
    const auto mark = std::min(local.find('?'), local.size());
    // "http://host" and "http://host?query" name the root.
    const bool names_root = mark == 0 && local.data() != text.data() && local.data() != nullptr;
    auto path = parse_path(names_root ? "/" : local.substr(0, mark));
    auto query = parse_query(local.substr(std::min(mark + 1, local.size())));
    if (!path || !query) {
        return std::nullopt;
    }
    return Target{std::move(*path), std::move(*query)};
}

} // namespace slipway::net
