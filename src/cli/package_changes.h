// What happened to the packages between two trees, as people and programs read it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/changes.h"
#include "formats/packages/packages.h"

namespace slipway::cli {

/// The changes; databases of a kind that is not understood are told as notices.
std::vector<formats::PackageChange>
find_package_changes(const Contents& contents, const Sides& sides, Reporter& reporter);

/// One line a package, each starting with `indent`, in columns:
/// "upgraded    libssl3:amd64  3.0.15-1 -> 3.0.17-1".
std::string lines_of(
    const std::vector<formats::PackageChange>& changes,
    const Palette& palette,
    std::string_view indent = ""
);

/// "22 upgraded, 1 added: bash, libssl3, ..."; empty if there is none. Names at most eight
/// packages.
std::string summary_of(const std::vector<formats::PackageChange>& changes);

nlohmann::json json_of(const std::vector<formats::PackageChange>& changes);

} // namespace slipway::cli
