// How the names of a directory fill its blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "image/inventory.h"

namespace slipway::image {

/// The bytes that all `names` take: whole blocks, and what the last one uses.
std::uint64_t directory_bytes(std::span<const Name> names);

/// How many names at the start of `names`, which are not empty, share the first block.
std::size_t names_in_first_block(std::span<const Name> names);

/// Writes one block of `names`, which fit, into `block`, which is zero and may be just long enough.
/// `nid_of` gives the number of the inode with an index.
void write_directory_block(
    Bytes block,
    std::span<const Name> names,
    std::string_view text,
    const std::function<std::uint64_t(std::uint32_t inode)>& nid_of
);

} // namespace slipway::image
