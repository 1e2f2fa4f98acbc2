#include "sync/places.h"

#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/zstd.h"
#include "tree/walk.h"

namespace slipway::sync {

namespace {

constexpr std::string_view magic = "slipway places 1\n";
constexpr std::uint64_t largest_raw = 64ULL << 20U; ///< some ten million chunks
constexpr std::uint64_t furthest_offset = 1ULL << 62U;
constexpr int level = 9;

/// The length up to which counted things may run, given that each takes at least `smallest` bytes.
std::uint64_t read_count(ByteReader& reader, std::size_t smallest) {
    const auto count = reader.varint();
    if (count > reader.left() / smallest) {
        throw Error(Fault::corrupt, "places name more than they hold");
    }
    return count;
}

std::uint32_t read_u32(ByteReader& reader, std::uint64_t limit) {
    const auto value = reader.varint();
    if (value >= limit) {
        throw Error(Fault::corrupt, fmt::format("{} is out of range in places", value));
    }
    return static_cast<std::uint32_t>(value);
}

PlacedFrame read_frame(ByteReader& reader, std::size_t packs) {
    PlacedFrame frame;
    frame.pack = read_u32(reader, packs);
    frame.place.offset = reader.varint();
    frame.place.stored_length = read_u32(reader, store::largest_frame + 1);
    frame.place.raw_length = read_u32(reader, store::largest_frame + 1);
    frame.place.codec = static_cast<store::Codec>(read_u32(reader, 2));
    if (frame.place.stored_length == 0 || frame.place.raw_length == 0 ||
        frame.place.offset > furthest_offset) {
        throw Error(Fault::corrupt, "places name a frame that cannot be");
    }
    return frame;
}

Places parse(ConstBytes raw) {
    ByteReader reader(raw);
    reader.expect(magic, "list of places");
    Places places;
    places.tree = Digest::from_bytes(reader.bytes(sizeof(Digest)));
    const auto packs = read_count(reader, sizeof(Digest));
    for (std::uint64_t i = 0; i < packs; ++i) {
        places.packs.push_back(Digest::from_bytes(reader.bytes(sizeof(Digest))));
    }
    const auto frames = read_count(reader, 5);
    for (std::uint64_t i = 0; i < frames; ++i) {
        places.frames.push_back(read_frame(reader, places.packs.size()));
    }
    const auto chunks = read_count(reader, 2);
    std::uint64_t frame = 0;
    for (std::uint64_t i = 0; i < chunks; ++i) {
        frame += static_cast<std::uint64_t>(reader.signed_varint());
        if (frame >= places.frames.size()) {
            throw Error(Fault::corrupt, "places name a frame that is not there");
        }
        const auto offset = read_u32(reader, places.frames[frame].place.raw_length);
        places.chunks.push_back({static_cast<std::uint32_t>(frame), offset});
    }
    reader.finish("list of places");
    return places;
}

/// Nothing if packs were replaced meanwhile.
std::optional<Places> try_find_places(const store::Repository& repository, const Digest& tree) {
    Places places;
    places.tree = tree;
    std::vector<store::PackNumber> numbers;
    std::map<store::PackNumber, std::uint32_t> packs;
    std::map<std::pair<store::PackNumber, std::uint64_t>, std::uint32_t> frames;
    tree::for_each_chunk(repository, tree, [&](const tree::ChunkRef& chunk) {
        const auto location = repository.index().find(chunk.id);
        if (!location || location->length != chunk.length) {
            throw Error(
                Fault::corrupt, fmt::format("chunk {} of the tree is missing", chunk.id.hex())
            )
                .hint("run `slipway fsck`");
        }
        const auto [pack, pack_is_new] = packs.try_emplace(location->pack, numbers.size());
        if (pack_is_new) {
            numbers.push_back(location->pack);
        }
        const auto [frame, frame_is_new] =
            frames.try_emplace({location->pack, location->frame.offset}, places.frames.size());
        if (frame_is_new) {
            places.frames.push_back({pack->second, location->frame});
        }
        places.chunks.push_back({frame->second, location->offset});
    });
    // Read last: packs may have been added meanwhile.
    const auto names = repository.index().packs();
    for (const auto number : numbers) {
        const auto name = names.find(number);
        if (name == names.end()) {
            return std::nullopt;
        }
        places.packs.push_back(name->second);
    }
    return places;
}

} // namespace

Places find_places(const store::Repository& repository, const Digest& tree) {
    for (;;) {
        if (auto places = try_find_places(repository, tree)) {
            return *std::move(places);
        }
    }
}

Buffer encode(const Places& places) {
    ByteWriter writer;
    writer.text(magic);
    writer.bytes(places.tree.view());
    writer.varint(places.packs.size());
    for (const auto& pack : places.packs) {
        writer.bytes(pack.view());
    }
    writer.varint(places.frames.size());
    for (const auto& frame : places.frames) {
        writer.varint(frame.pack);
        writer.varint(frame.place.offset);
        writer.varint(frame.place.stored_length);
        writer.varint(frame.place.raw_length);
        writer.varint(static_cast<std::uint8_t>(frame.place.codec));
    }
    writer.varint(places.chunks.size());
    std::int64_t last = 0;
    for (const auto& chunk : places.chunks) {
        writer.signed_varint(static_cast<std::int64_t>(chunk.frame) - last);
        writer.varint(chunk.offset);
        last = chunk.frame;
    }
    ByteWriter whole;
    whole.u32(static_cast<std::uint32_t>(writer.size()));
    whole.bytes(Compressor(level).compress(writer.view()));
    return std::move(whole).take();
}

Places decode_places(ConstBytes bytes) {
    ByteReader reader(bytes);
    const auto size = reader.u32();
    if (size > largest_raw) {
        throw Error(Fault::corrupt, fmt::format("places of {} bytes are over the limit", size));
    }
    return parse(decompress(reader.bytes(reader.left()), size));
}

} // namespace slipway::sync
