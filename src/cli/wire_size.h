// How much of what is stored a client has to fetch for files.
#pragma once

#include <cstdint>
#include <vector>

#include "store/repository.h"
#include "tree/objects.h"

namespace slipway::cli {

/// The stored bytes of the frames that hold the payload of `files`, each frame once: what a client
/// that has none of it fetches, but for a few bytes of directories. Reads chunk lists, no payload.
std::uint64_t
stored_bytes_of(const store::Repository& repository, const std::vector<tree::File>& files);

} // namespace slipway::cli
