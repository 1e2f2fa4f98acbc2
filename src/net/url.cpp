#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "net/ascii.h"
#include "net/client.h"
#include "net/target.h"

namespace slipway::net {

namespace {

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_host_name(std::string_view text) {
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
    });
}

/// What may stand in an encoded path.
bool is_path(std::string_view text) {
    constexpr std::string_view others = "/-._~%!$&'()*+,;=:@";
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
    });
}

/// "address" or "address%25zone", as between the brackets of a URL; the zone's '%' is decoded.
std::optional<std::string> parse_ipv6(std::string_view text) {
    constexpr std::string_view zone_mark = "%25";
    const auto mark = std::min(text.find('%'), text.size());
    std::string address(text.substr(0, mark));
    in6_addr ignored{};
    if (inet_pton(AF_INET6, address.c_str(), &ignored) != 1) {
        return std::nullopt;
    }
    if (mark < text.size()) {
        if (!text.substr(mark).starts_with(zone_mark)) {
            return std::nullopt;
        }
        const auto zone = text.substr(mark + zone_mark.size());
        if (!is_host_name(zone)) {
            return std::nullopt;
        }
        address += '%';
        address += zone;
    }
    return address;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

/// Takes the host from the front of `authority`, which then holds "" or ":port".
std::optional<std::string> take_host(std::string_view& authority) {
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) {
            return std::nullopt;
        }
        const auto inside = authority.substr(1, close - 1);
        authority.remove_prefix(close + 1);
        return parse_ipv6(inside);
    }
    const auto end = std::min(authority.find(':'), authority.size());
    const auto name = authority.substr(0, end);
    authority.remove_prefix(end);
    return is_host_name(name) ? std::optional<std::string>(name) : std::nullopt;
}

bool is_user_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && text.front() != '-' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
           });
}

bool has_control_characters(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == 0x7F;
    });
}

/// "[user@]host[:port]/path", as behind ssh://.
std::optional<Url> parse_ssh(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || !is_path(text.substr(slash))) {
        return std::nullopt;
    }
    auto authority = text.substr(0, slash);
    auto path = percent_decoded(text.substr(slash));
    Url url{.port = 0, .scheme = Scheme::ssh};
    if (const auto at = authority.find('@'); at != std::string_view::npos) {
        url.user = authority.substr(0, at);
        authority.remove_prefix(at + 1);
        if (!is_user_name(url.user)) {
            return std::nullopt;
        }
    }
    auto host = take_host(authority);
    if (!path || has_control_characters(*path) || !host || host->starts_with('-')) {
        return std::nullopt;
    }
    url.host = *std::move(host);
    url.path = *std::move(path);
    if (!authority.empty()) {
        const auto port = authority.front() == ':' ? parse_port(authority.substr(1)) : std::nullopt;
        if (!port) {
            return std::nullopt;
        }
        url.port = *port;
    }
    return url;
}

/// As between the slashes of a URL.
std::string bracketed(const std::string& host) {
    if (host.find(':') == std::string::npos) {
        return host;
    }
    const auto zone = std::min(host.find('%'), host.size());
    return '[' + host.substr(0, zone) +
           (zone < host.size() ? "%25" + host.substr(zone + 1) + ']' : "]");
}

} // namespace

std::optional<Url> Url::parse(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    constexpr std::string_view ssh_scheme = "ssh://";
    if (starts_without_case(text, ssh_scheme)) {
        return parse_ssh(text.substr(ssh_scheme.size()));
    }
    if (!starts_without_case(text, scheme)) {
        return std::nullopt;
    }
    text.remove_prefix(scheme.size());
    const auto slash = std::min(text.find('/'), text.size());
    auto authority = text.substr(0, slash);
    auto prefix = text.substr(slash);
    while (prefix.ends_with('/')) {
        prefix.remove_suffix(1);
    }
    auto host = take_host(authority);
    if (!host || !is_path(prefix)) {
        return std::nullopt;
    }
    Url url{.host = std::move(*host), .prefix = std::string(prefix)};
    if (!authority.empty()) {
        const auto port = authority.front() == ':' ? parse_port(authority.substr(1)) : std::nullopt;
        if (!port) {
            return std::nullopt;
        }
        url.port = *port;
    }
    return url;
}

Url Url::of_directory(std::string path) {
    return {.port = 0, .scheme = Scheme::directory, .path = std::move(path)};
}

std::string Url::text() const {
    switch (scheme) {
    case Scheme::directory:
        return path;
    case Scheme::ssh: {
        const auto name = user.empty() ? "" : user + '@';
        const auto number = port == 0 ? "" : ':' + std::to_string(port);
        return "ssh://" + name + bracketed(host) + number + percent_encoded(path);
    }
    case Scheme::http:
        break;
    }
    return "http://" + bracketed(host) + (port == 80 ? "" : ':' + std::to_string(port)) + prefix;
}

} // namespace slipway::net
