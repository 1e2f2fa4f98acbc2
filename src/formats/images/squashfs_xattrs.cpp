#include "formats/images/squashfs_xattrs.h"

#include <span>

#include <sqfs/compressor.h>
#include <sqfs/super.h>
#include <sqfs/xattr.h>
#include <sqfs/xattr_reader.h>

namespace slipway::formats {

namespace {

constexpr std::uint64_t no_table = ~std::uint64_t{0};

} // namespace

SquashfsXattrs::SquashfsXattrs(
    const Blob& image,
    SquashfsInput& input,
    const sqfs_super_t& superblock,
    sqfs_compressor_t* compressor
)
    : input_(input) {
    if (superblock.xattr_id_table_start == no_table ||
        (superblock.flags & SQFS_FLAG_NO_XATTRS) != 0) {
        return;
    }
    sqfs_xattr_id_table_t table{};
    if (superblock.xattr_id_table_start > image.size() ||
        image.size() - superblock.xattr_id_table_start < sizeof(table)) {
        damaged_squashfs("its table of extended attributes is not in it");
    }
    image.read_at(superblock.xattr_id_table_start, std::as_writable_bytes(std::span(&table, 1)));
    start_ = table.xattr_table_start;
    if (table.xattr_ids > image.size()) {
        damaged_squashfs("its number of extended attributes is impossible");
    }
    sets_.reset(sqfs_xattr_reader_create(0));
    input_.check(
        sqfs_xattr_reader_load(sets_.get(), &superblock, input_.file(), compressor),
        "its extended attributes cannot be read"
    );
    pairs_.reset(
        sqfs_meta_reader_create(input_.file(), compressor, start_, superblock.xattr_id_table_start)
    );
}

/// The value that follows a key of this type, perhaps by a reference to where it lies.
std::string SquashfsXattrs::value(std::uint16_t type) const {
    auto* reader = pairs_.get();
    auto size = input_.record<sqfs_u32>(reader);
    if ((type & SQFS_XATTR_FLAG_OOL) == 0) {
        if (size > tree::longest_xattr_value) {
            damaged_squashfs("an extended attribute is too long");
        }
        return input_.text(reader, size);
    }
    const auto place = input_.record<sqfs_u64>(reader);
    sqfs_u64 block = 0;
    std::size_t offset = 0;
    sqfs_meta_reader_get_position(reader, &block, &offset);
    const auto lost = "the value of an extended attribute is not in it";
    input_.check(sqfs_meta_reader_seek(reader, start_ + (place >> 16U), place & 0xffffU), lost);
    size = input_.record<sqfs_u32>(reader);
    if (size > tree::longest_xattr_value) {
        damaged_squashfs("an extended attribute is too long");
    }
    auto value = input_.text(reader, size);
    input_.check(sqfs_meta_reader_seek(reader, block, offset), lost);
    return value;
}

std::vector<tree::Xattr> SquashfsXattrs::of(std::uint32_t index) const {
    std::vector<tree::Xattr> found;
    if (index == none) {
        return found;
    }
    const auto* const lost = "extended attributes are not in their table";
    if (sets_ == nullptr) {
        damaged_squashfs(lost);
    }
    sqfs_xattr_id_t set{};
    input_.check(sqfs_xattr_reader_get_desc(sets_.get(), index, &set), lost);
    auto* reader = pairs_.get();
    input_.check(
        sqfs_meta_reader_seek(reader, start_ + (set.xattr >> 16U), set.xattr & 0xffffU), lost
    );
    constexpr std::uint32_t most = 4096; // for one inode
    if (set.count > most) {
        damaged_squashfs("an inode has too many extended attributes");
    }
    for (std::uint32_t i = 0; i < set.count; ++i) {
        const auto key = input_.record<sqfs_xattr_entry_t>(reader);
        const auto* prefix =
            sqfs_get_xattr_prefix(static_cast<SQFS_XATTR_TYPE>(key.type & SQFS_XATTR_PREFIX_MASK));
        if (prefix == nullptr) {
            damaged_squashfs("an extended attribute has an unknown prefix");
        }
        auto name = prefix + input_.text(reader, key.size);
        found.push_back({std::move(name), value(key.type)});
    }
    return found;
}

} // namespace slipway::formats
