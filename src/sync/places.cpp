#include "sync/places.h"

#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/zstd.h"
#include "tree/walk.h"

namespace slipway::sync {

namespace {

constexpr std::string_view title_1 = "slipway places 1\n"; ///< without dictionaries
constexpr std::string_view title_2 = "slipway places 2\n";
constexpr std::uint64_t most_dictionaries = 256;
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

PlacedFrame read_frame(ByteReader& reader, const Places& places) {
    PlacedFrame frame;
    frame.pack = read_u32(reader, places.packs.size());
    frame.place.offset = reader.varint();
    frame.place.stored_length = read_u32(reader, store::largest_frame + 1);
    frame.place.raw_length = read_u32(reader, store::largest_frame + 1);
    const auto codecs = places.dictionaries.empty() ? 2U : 3U;
    frame.place.codec = static_cast<store::Codec>(read_u32(reader, codecs));
    if (frame.place.stored_length == 0 || frame.place.raw_length == 0 ||
        frame.place.offset > furthest_offset) {
        throw Error(Fault::corrupt, "places name a frame that cannot be");
    }
    if (store::needs_dictionary(frame.place)) {
        frame.place.dictionary =
            places.dictionaries[read_u32(reader, places.dictionaries.size())].id;
    }
    return frame;
}

/// Names and lengths; where they lie follows behind the frames.
void read_dictionaries(ByteReader& reader, Places& places) {
    const auto count = read_count(reader, sizeof(Digest) + 1);
    if (count == 0 || count > most_dictionaries) {
        throw Error(Fault::corrupt, fmt::format("places name {} dictionaries", count));
    }
    std::set<Digest> known;
    for (std::uint64_t i = 0; i < count; ++i) {
        DictionaryPlace dictionary;
        dictionary.id = Digest::from_bytes(reader.bytes(sizeof(Digest)));
        dictionary.length = read_u32(reader, store::largest_dictionary + 1);
        if (!known.insert(dictionary.id).second) {
            throw Error(Fault::corrupt, "places name a dictionary twice");
        }
        places.dictionaries.push_back(dictionary);
    }
}

void read_dictionary_places(ByteReader& reader, Places& places) {
    for (auto& dictionary : places.dictionaries) {
        dictionary.place.frame = read_u32(reader, places.frames.size());
        const auto& frame = places.frames[dictionary.place.frame].place;
        dictionary.place.offset = read_u32(reader, frame.raw_length);
        if (store::needs_dictionary(frame) ||
            dictionary.length > frame.raw_length - dictionary.place.offset) {
            throw Error(Fault::corrupt, "places name a dictionary where none can be");
        }
    }
}

Places parse(ConstBytes raw) {
    ByteReader reader(raw);
    const auto has_dictionaries = as_text(raw).starts_with(title_2);
    reader.expect(has_dictionaries ? title_2 : title_1, "list of places");
    Places places;
    places.tree = Digest::from_bytes(reader.bytes(sizeof(Digest)));
    const auto packs = read_count(reader, sizeof(Digest));
    for (std::uint64_t i = 0; i < packs; ++i) {
        places.packs.push_back(Digest::from_bytes(reader.bytes(sizeof(Digest))));
    }
    if (has_dictionaries) {
        read_dictionaries(reader, places);
    }
    const auto frames = read_count(reader, 5);
    for (std::uint64_t i = 0; i < frames; ++i) {
        places.frames.push_back(read_frame(reader, places));
    }
    read_dictionary_places(reader, places);
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

/// Gathers places, each pack and frame once.
class Finder {
public:
    Finder(const store::Repository& repository, const Digest& tree) : repository_(repository) {
        places_.tree = tree;
    }

    void add_chunk(const tree::ChunkRef& chunk) {
        const auto location = repository_.index().find(chunk.id);
        if (!location || location->length != chunk.length) {
            throw Error(
                Fault::corrupt, fmt::format("chunk {} of the tree is missing", chunk.id.hex())
            )
                .hint("run `slipway fsck`");
        }
        if (store::needs_dictionary(location->frame)) {
            add_dictionary(location->frame.dictionary, location->pack);
        }
        places_.chunks.push_back(place_of(*location));
    }

    /// Nothing if packs were replaced meanwhile.
    std::optional<Places> finish() {
        // Read last: packs may have been added meanwhile.
        const auto names = repository_.index().packs();
        for (const auto number : numbers_) {
            const auto name = names.find(number);
            if (name == names.end()) {
                return std::nullopt;
            }
            places_.packs.push_back(name->second);
        }
        return std::move(places_);
    }

private:
    /// That a frame of `pack` needs.
    void add_dictionary(const Digest& id, store::PackNumber pack) {
        if (!dictionaries_.insert(id).second) {
            return;
        }
        const auto location = repository_.index().find(id);
        if (!location) {
            if (!repository_.index().packs().contains(pack)) {
                return; // they went together: finish() sees it
            }
            throw Error(Fault::corrupt, fmt::format("dictionary {} is missing", id.hex()))
                .hint("run `slipway fsck`");
        }
        places_.dictionaries.push_back({id, place_of(*location), location->length});
    }

    ChunkPlace place_of(const store::Location& location) {
        const auto [pack, pack_is_new] = packs_.try_emplace(location.pack, numbers_.size());
        if (pack_is_new) {
            numbers_.push_back(location.pack);
        }
        const auto [frame, frame_is_new] =
            frames_.try_emplace({location.pack, location.frame.offset}, places_.frames.size());
        if (frame_is_new) {
            places_.frames.push_back({pack->second, location.frame});
        }
        return {frame->second, location.offset};
    }

    const store::Repository& repository_;
    Places places_;
    std::vector<store::PackNumber> numbers_;
    std::map<store::PackNumber, std::uint32_t> packs_;
    std::map<std::pair<store::PackNumber, std::uint64_t>, std::uint32_t> frames_;
    std::set<Digest> dictionaries_;
};

void write_frame(
    ByteWriter& writer, const PlacedFrame& frame, const std::map<Digest, std::size_t>& numbers
) {
    writer.varint(frame.pack);
    writer.varint(frame.place.offset);
    writer.varint(frame.place.stored_length);
    writer.varint(frame.place.raw_length);
    writer.varint(static_cast<std::uint8_t>(frame.place.codec));
    if (store::needs_dictionary(frame.place)) {
        writer.varint(numbers.at(frame.place.dictionary));
    }
}

} // namespace

Places find_places(const store::Repository& repository, const Digest& tree) {
    for (;;) {
        Finder finder(repository, tree);
        tree::for_each_chunk(repository, tree, [&](const auto& chunk) { finder.add_chunk(chunk); });
        if (auto places = finder.finish()) {
            return *std::move(places);
        }
    }
}

Buffer encode(const Places& places) {
    const auto has_dictionaries = !places.dictionaries.empty();
    ByteWriter writer;
    writer.text(has_dictionaries ? title_2 : title_1);
    writer.bytes(places.tree.view());
    writer.varint(places.packs.size());
    for (const auto& pack : places.packs) {
        writer.bytes(pack.view());
    }
    std::map<Digest, std::size_t> numbers;
    if (has_dictionaries) {
        writer.varint(places.dictionaries.size());
        for (const auto& dictionary : places.dictionaries) {
            numbers.emplace(dictionary.id, numbers.size());
            writer.bytes(dictionary.id.view());
            writer.varint(dictionary.length);
        }
    }
    writer.varint(places.frames.size());
    for (const auto& frame : places.frames) {
        write_frame(writer, frame, numbers);
    }
    for (const auto& dictionary : places.dictionaries) {
        writer.varint(dictionary.place.frame);
        writer.varint(dictionary.place.offset);
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
