// uses: base
// Reads a sequence of fields, each after a byte that says which; writing what was read gives the
// same bytes.
#include "fuzz.h"

namespace slipway {
namespace {

void copy_field(ByteReader& reader, ByteWriter& writer) {
    const auto kind = reader.u8();
    writer.u8(kind);
    switch (kind % 7) {
    case 0:
        return writer.u8(reader.u8());
    case 1:
        return writer.u16(reader.u16());
    case 2:
        return writer.u32(reader.u32());
    case 3:
        return writer.u64(reader.u64());
    case 4:
        return writer.varint(reader.varint());
    case 5:
        return writer.signed_varint(reader.signed_varint());
    default:
        return writer.counted(reader.counted(100));
    }
}

} // namespace
} // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    ByteReader reader(bytes);
    ByteWriter writer;
    fuzz::allow_corrupt([&] {
        while (!reader.at_end()) {
            copy_field(reader, writer);
            const auto consumed = bytes.first(bytes.size() - reader.left());
            fuzz::require(fuzz::equal(writer.view(), consumed));
        }
    });
    return 0;
}
