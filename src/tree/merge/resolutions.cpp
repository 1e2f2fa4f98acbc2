#include "tree/merge/resolutions.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::tree {

namespace {

constexpr std::size_t longest_resolutions = 64U << 20U;

constexpr std::array all_choices = {Choice::ours, Choice::theirs, Choice::base, Choice::remove};

Choice parse_choice(std::string_view word) {
    const auto* const at = std::find_if(all_choices.begin(), all_choices.end(), [&](Choice choice) {
        return name_of(choice) == word;
    });
    if (at == all_choices.end()) {
        throw Error(Fault::usage, fmt::format("'{}' is no choice", printable(word)))
            .hint("a choice is ours, theirs, base or delete");
    }
    return *at;
}

/// The byte that `\xHH` at the start of `text` stands for.
char parse_escape(std::string_view text) {
    unsigned code = 0;
    const auto digits = text.size() < 4 || text[1] != 'x' ? std::string_view() : text.substr(2, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
        throw Error(Fault::usage, "a backslash in a path is not followed by x and two digits")
            .hint("write a path as conflicts show it; a backslash itself is \\x5c");
    }
    return static_cast<char>(code);
}

/// The inverse of printable().
std::string unescaped(std::string_view text) {
    std::string path;
    while (!text.empty()) {
        const auto escape = text.front() == '\\';
        path += escape ? parse_escape(text) : text.front();
        text.remove_prefix(escape ? 4 : 1);
    }
    return path;
}

std::string_view without_slashes(std::string_view path) {
    return path.substr(0, path.find_last_not_of('/') + 1);
}

} // namespace

std::string_view name_of(Choice choice) {
    constexpr auto names = std::to_array<std::string_view>({"ours", "theirs", "base", "delete"});
    return names.at(static_cast<std::size_t>(choice));
}

std::optional<Version> version_of(Choice choice) {
    switch (choice) {
    case Choice::ours:
        return Version::ours;
    case Choice::theirs:
        return Version::theirs;
    case Choice::base:
        return Version::base;
    case Choice::remove:
        return std::nullopt;
    }
    return std::nullopt;
}

Resolutions Resolutions::parse(ConstBytes text) {
    if (text.size() > longest_resolutions) {
        throw Error(Fault::usage, fmt::format("resolutions have {} bytes", text.size()));
    }
    Resolutions resolutions;
    std::size_t number = 0;
    const During reading([&] { return fmt::format("reading line {} of the choices", number); });
    for (auto line : split(as_text(text), '\n')) {
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            continue;
        }
        const auto tab = line.find('\t');
        if (tab == std::string_view::npos) {
            throw Error(Fault::usage, "there is no tab").hint("a line is PATH, a tab and a choice");
        }
        resolutions.add(unescaped(line.substr(0, tab)), parse_choice(line.substr(tab + 1)));
    }
    return resolutions;
}

void Resolutions::add(std::string_view path, Choice choice) {
    if (!path.starts_with('/')) {
        throw Error(
            Fault::usage, fmt::format("path '{}' does not begin with '/'", printable(path))
        );
    }
    const auto [at, added] = choices_.emplace(without_slashes(path), choice);
    if (!added && at->second != choice) {
        throw Error(Fault::usage, fmt::format("two choices are given for {}", printable(path)));
    }
}

std::optional<Resolutions::Found> Resolutions::find(std::string_view path) const {
    if (choices_.empty()) {
        return std::nullopt;
    }
    path = without_slashes(path);
    for (;;) {
        const auto at = choices_.find(path);
        if (at != choices_.end()) {
            return Found{at->first, at->second};
        }
        if (path.empty()) {
            return std::nullopt;
        }
        path = path.substr(0, path.rfind('/'));
    }
}

std::string Resolutions::text() const {
    std::string text;
    for (const auto& [path, choice] : choices_) {
        text += path.empty() ? "/" : printable(path);
        text += "\t" + std::string(name_of(choice)) + "\n";
    }
    return text;
}

} // namespace slipway::tree
