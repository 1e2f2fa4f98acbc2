#include "image/directory_blocks.h"

#include <algorithm>

namespace slipway::image {

namespace {

std::uint64_t bytes_in_block(std::span<const Name> names) {
    std::uint64_t bytes = 0;
    for (const auto& name : names) {
        bytes += erofs::dirent_bytes + name.length;
    }
    return bytes;
}

} // namespace

std::size_t names_in_first_block(std::span<const Name> names) {
    std::uint64_t bytes = 0;
    const auto overflows = [&bytes](const Name& name) {
        bytes += erofs::dirent_bytes + name.length;
        return bytes > erofs::block_bytes;
    };
    return static_cast<std::size_t>(std::ranges::find_if(names, overflows) - names.begin());
}

std::uint64_t directory_bytes(std::span<const Name> names) {
    std::uint64_t blocks_bytes = 0;
    for (;;) {
        const auto count = names_in_first_block(names);
        if (count == names.size()) {
            return blocks_bytes + bytes_in_block(names);
        }
        blocks_bytes += erofs::block_bytes;
        names = names.subspan(count);
    }
}

void write_directory_block(
    Bytes block,
    std::span<const Name> names,
    std::string_view text,
    const std::function<std::uint64_t(std::uint32_t inode)>& nid_of
) {
    auto name_offset = names.size() * erofs::dirent_bytes;
    std::size_t dirent_offset = 0;
    for (const auto& name : names) {
        erofs::write_dirent(
            block.subspan(dirent_offset),
            nid_of(name.inode),
            static_cast<std::uint16_t>(name_offset),
            name.type
        );
        const auto bytes = as_bytes(text.substr(name.begin, name.length));
        std::ranges::copy(bytes, block.subspan(name_offset).begin());
        dirent_offset += erofs::dirent_bytes;
        name_offset += bytes.size();
    }
}

} // namespace slipway::image
