// The extended attributes of a squashfs image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/images/squashfs_input.h"
#include "tree/objects.h"

struct sqfs_compressor_t;
struct sqfs_super_t;
struct sqfs_xattr_reader_t;

namespace slipway::formats {

class SquashfsXattrs {
public:
    /// The number of the set of an inode that has none.
    static constexpr std::uint32_t none = 0xffffffff;

    /// All arguments outlive it. Throws Fault::corrupt.
    SquashfsXattrs(
        const Blob& image,
        SquashfsInput& input,
        const sqfs_super_t& superblock,
        sqfs_compressor_t* compressor
    );

    /// The set of this number. Throws Fault::corrupt.
    std::vector<tree::Xattr> of(std::uint32_t set) const;

private:
    std::string value(std::uint16_t type) const;

    SquashfsInput& input_;
    SquashfsObject<sqfs_xattr_reader_t> sets_; // null if the image has none
    SquashfsObject<sqfs_meta_reader_t> pairs_;
    std::uint64_t start_ = 0;
};

} // namespace slipway::formats
