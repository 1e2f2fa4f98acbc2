// Writing a tree out as a directory, with everything the object model keeps.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/reporter.h"
#include "base/stream.h"

namespace slipway::formats {

struct CheckoutOptions {
    /// `keep` needs root. `ignore`: owners, devices and xattrs other than user.* are left out, and
    /// a notice says so.
    enum class Ownership { keep, ignore };
    Ownership ownership = Ownership::keep;
};

struct CheckoutResult {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
};

/// What checkout() would be refused for before it begins, for who has something to fetch first.
/// Throws Fault::usage if `target` is neither absent nor empty, refused if root is needed.
void check_checkout(const std::filesystem::path& target, const CheckoutOptions& options);

/// Writes `tree` to `target`, which must not exist or be an empty directory. It is built beside it
/// as a directory whose name starts with `.tmp-slipway-` and renamed, so that `target` is whole or
/// absent (an existing empty directory is replaced). Files are written on all cores; aligned blocks
/// of zeros become holes. Directory times come last.
CheckoutResult checkout(
    const Contents& contents,
    const Digest& tree,
    const std::filesystem::path& target,
    const CheckoutOptions& options,
    Reporter& reporter
);

} // namespace slipway::formats
