// The encoding of chunk lists (docs/format/objects.md, "Chunk list").
#include <fmt/format.h>

#include "tree/codec.h"
#include "tree/rules.h"

namespace slipway::tree {

namespace {

constexpr std::string_view magic = "slipway chunks 1\n";
constexpr std::size_t digest_size = sizeof(Digest::bytes);

Run read_run(ByteReader& reader) {
    Run run;
    const auto head = reader.varint();
    run.length = head >> 1U;
    if ((head & 1U) == 0) {
        run.chunk = Digest::from_bytes(reader.bytes(digest_size));
    }
    return run;
}

} // namespace

Buffer encode(const ChunkList& list) {
    check(list, Fault::usage);
    ByteWriter writer;
    writer.text(magic);
    writer.varint(list.runs.size());
    for (const auto& run : list.runs) {
        writer.varint(run.length << 1U | (run.chunk ? 0U : 1U));
        if (run.chunk) {
            writer.bytes(run.chunk->view());
        }
    }
    if (writer.size() > largest_object) {
        throw Error(Fault::usage, fmt::format("a file has too many chunks: {}", list.runs.size()));
    }
    return std::move(writer).take();
}

ChunkList decode_chunk_list(ConstBytes bytes) {
    if (bytes.size() > largest_object) {
        throw Error(Fault::corrupt, fmt::format("a chunk list has {} bytes", bytes.size()));
    }
    ByteReader reader(bytes);
    reader.expect(magic, "chunk list");
    ChunkList list;
    for (auto left = reader.varint(); left != 0; --left) {
        list.runs.push_back(read_run(reader));
    }
    reader.finish("chunk list");
    check(list, Fault::corrupt);
    return list;
}

} // namespace slipway::tree
