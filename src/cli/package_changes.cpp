#include "cli/package_changes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace slipway::cli {

namespace {

using formats::Package;
using formats::PackageChange;
using Kind = PackageChange::Kind;

constexpr std::size_t most_names = 8;
constexpr std::size_t widest_title = 40; ///< longer ones push their version to the right

Colour colour_of(Kind kind) {
    switch (kind) {
    case Kind::added:
        return Colour::green;
    case Kind::removed:
        return Colour::red;
    case Kind::downgraded:
        return Colour::cyan;
    default:
        return Colour::yellow;
    }
}

/// "libssl3:amd64".
std::string title_of(const Package& package) {
    const auto architecture = printable(package.architecture);
    return printable(package.name) + (architecture.empty() ? "" : ":" + architecture);
}

/// Its name as it is told; both, if the architecture has changed.
std::string title_of(const PackageChange& change) {
    if (change.before && change.after &&
        change.before->architecture != change.after->architecture) {
        return title_of(*change.before) + " -> " + title_of(*change.after);
    }
    return title_of(change.after ? *change.after : *change.before);
}

std::string versions_of(const PackageChange& change) {
    const auto before = change.before ? printable(change.before->version) : "";
    const auto after = change.after ? printable(change.after->version) : "";
    return before + (change.before && change.after ? " -> " : "") + after;
}

} // namespace

std::vector<PackageChange>
find_package_changes(const Contents& contents, const Sides& sides, Reporter& reporter) {
    std::vector<std::string> unread;
    auto changes = formats::package_changes(contents, sides.before, sides.after, unread);
    for (const auto& path : unread) {
        reporter.notice(fmt::format("{} is of a kind that is not read", path));
    }
    return changes;
}

std::string lines_of(
    const std::vector<PackageChange>& changes, const Palette& palette, std::string_view indent
) {
    std::size_t width = 0;
    for (const auto& change : changes) {
        width = std::max(width, std::min(printable(title_of(change)).size(), widest_title));
    }
    std::string lines;
    for (const auto& change : changes) {
        const auto line = fmt::format(
            "{:<10}  {:<{}}  {}",
            formats::kind_name(change.kind),
            printable(title_of(change)),
            width,
            printable(versions_of(change))
        );
        lines += fmt::format("{}{}\n", indent, palette.paint(colour_of(change.kind), line));
    }
    return lines;
}

std::string summary_of(const std::vector<PackageChange>& changes) {
    std::array<std::size_t, 5> counts{};
    for (const auto& change : changes) {
        counts.at(static_cast<std::size_t>(change.kind)) += 1;
    }
    std::string text;
    for (const auto kind :
         {Kind::upgraded, Kind::downgraded, Kind::changed, Kind::added, Kind::removed}) {
        if (const auto count = counts.at(static_cast<std::size_t>(kind)); count > 0) {
            text +=
                fmt::format("{}{} {}", text.empty() ? "" : ", ", count, formats::kind_name(kind));
        }
    }
    for (std::size_t i = 0; i < std::min(changes.size(), most_names); ++i) {
        text += (i == 0 ? ": " : ", ") + printable(changes[i].name());
    }
    return changes.size() > most_names ? text + ", ..." : text;
}

nlohmann::json json_of(const std::vector<PackageChange>& changes) {
    auto list = nlohmann::json::array();
    for (const auto& change : changes) {
        nlohmann::json object{
            {"change", formats::kind_name(change.kind)},
            {"family", formats::family_name(change.family)},
            {"name", change.name()}};
        const auto add = [&](const char* side, const std::optional<Package>& package) {
            if (package) {
                object[side] = {
                    {"version", package->version}, {"architecture", package->architecture}};
            }
        };
        add("before", change.before);
        add("after", change.after);
        list.push_back(std::move(object));
    }
    return list;
}

} // namespace slipway::cli
