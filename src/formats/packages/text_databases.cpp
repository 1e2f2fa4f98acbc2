// The package databases that are text: dpkg, apk and pacman.
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/packages/databases.h"

namespace slipway::formats {

namespace {

/// Takes the next line off `text`, without its newline.
std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
        return lower(x) == lower(y);
    });
}

/// What a stanza of either format says of its package.
struct Stanza {
    Package package;
    bool is_there = true;

    void add_to(std::vector<Package>& packages, std::string_view database) {
        if (package == Package() && is_there) {
            return; // several empty lines in a row
        }
        if (package.name.empty()) {
            throw Error(Fault::corrupt, fmt::format("{}: a package has no name", database));
        }
        if (is_there) {
            packages.push_back(std::move(package));
        }
        *this = {};
    }
};

/// "install ok installed": the last word says whether any of its files are there.
bool has_files(std::string_view status) {
    const auto state = status.substr(status.rfind(' ') + 1);
    return state != "not-installed" && state != "config-files";
}

void read_dpkg_line(std::string_view line, Stanza& stanza) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with(' ') || line.starts_with('\t')) {
        return; // it continues a field that is of no interest
    }
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_word(name, "Package")) {
        stanza.package.name = value;
    } else if (same_word(name, "Version")) {
        stanza.package.version = value;
    } else if (same_word(name, "Architecture")) {
        stanza.package.architecture = value;
    } else if (same_word(name, "Status")) {
        stanza.is_there = has_files(value);
    }
}

void read_apk_line(std::string_view line, Stanza& stanza) {
    if (line.starts_with("P:")) {
        stanza.package.name = line.substr(2);
    } else if (line.starts_with("V:")) {
        stanza.package.version = line.substr(2);
    } else if (line.starts_with("A:")) {
        stanza.package.architecture = line.substr(2);
    }
}

/// Stanzas that are separated by empty lines.
template <typename ReadLine>
std::vector<Package>
parse_stanzas(ConstBytes bytes, std::string_view database, const ReadLine& read_line) {
    std::vector<Package> packages;
    Stanza stanza;
    for (auto text = as_text(bytes); !text.empty();) {
        const auto line = take_line(text);
        if (trimmed(line).empty()) {
            stanza.add_to(packages, database);
        } else {
            read_line(line, stanza);
        }
    }
    stanza.add_to(packages, database);
    return packages;
}

} // namespace

std::vector<Package> parse_dpkg_status(ConstBytes text) {
    return parse_stanzas(text, "dpkg", read_dpkg_line);
}

std::vector<Package> parse_apk_installed(ConstBytes text) {
    return parse_stanzas(text, "apk", read_apk_line);
}

Package parse_pacman_desc(ConstBytes bytes) {
    Package package;
    for (auto text = as_text(bytes); !text.empty();) {
        const auto title = take_line(text);
        auto* const field = title == "%NAME%"      ? &package.name
                            : title == "%VERSION%" ? &package.version
                            : title == "%ARCH%"    ? &package.architecture
                                                   : nullptr;
        if (field != nullptr) {
            *field = take_line(text);
        }
    }
    if (package.name.empty() || package.version.empty()) {
        throw Error(Fault::corrupt, "pacman: a package has no name or no version");
    }
    return package;
}

} // namespace slipway::formats
