#include "formats/images/squashfs_lzo.h"

#include <memory>

#include <sqfs/compressor.h>
#include <sqfs/error.h>

#include "formats/images/lzo.h"

namespace slipway::formats {

namespace {

void destroy(sqfs_object_t* object) {
    delete reinterpret_cast<sqfs_compressor_t*>(object);
}

sqfs_s32 unpack_block(
    sqfs_compressor_t* /*compressor*/,
    const sqfs_u8* packed,
    sqfs_u32 size,
    sqfs_u8* to,
    sqfs_u32 room
) {
    const auto held = unpack_lzo(
        std::as_bytes(std::span(packed, size)), std::as_writable_bytes(std::span(to, room))
    );
    return held ? static_cast<sqfs_s32>(*held) : SQFS_ERROR_COMPRESSOR;
}

sqfs_object_t* copy(const sqfs_object_t* /*object*/) {
    return reinterpret_cast<sqfs_object_t*>(make_lzo_compressor().release());
}

} // namespace

Compressor make_lzo_compressor() {
    auto made = std::make_unique<sqfs_compressor_t>();
    made->base.destroy = destroy;
    made->base.copy = copy;
    made->do_block = unpack_block;
    // Its options say how it packs.
    made->read_options = [](sqfs_compressor_t*, sqfs_file_t*) { return 0; };
    return Compressor(made.release());
}

} // namespace slipway::formats
