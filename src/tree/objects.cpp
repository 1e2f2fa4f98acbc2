#include "tree/objects.h"

#include <algorithm>

namespace slipway::tree {

LinkId LinkId::of_path(std::string_view path) {
    LinkId id;
    std::copy_n(sha256(as_bytes(path)).bytes.begin(), id.bytes.size(), id.bytes.begin());
    return id;
}

std::uint64_t ChunkList::size() const {
    std::uint64_t total = 0;
    for (const auto& run : runs) {
        total += run.length;
    }
    return total;
}

} // namespace slipway::tree
