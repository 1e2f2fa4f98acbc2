#include "store/pack.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/zstd.h"

namespace slipway::store {

namespace {

constexpr std::string_view title_1 = "slipway pack 1\n";
constexpr std::string_view title_2 = "slipway pack 2\n"; ///< u8(level) u8(layout) follow
static_assert(title_1.size() == pack_start_size && title_2.size() == pack_start_size);
constexpr std::size_t making_size = 2;
constexpr std::string_view trailer = "slipway pack end";
constexpr std::size_t digest_size = 32;
constexpr std::size_t footer_size = sizeof(std::uint64_t) + 2 * digest_size + trailer.size();
constexpr std::size_t hashed_footer_size = sizeof(std::uint64_t) + digest_size;
constexpr std::uint64_t largest_index = 1ULL << 30U;
constexpr std::size_t smallest_index_entry = digest_size + 2;

std::uint64_t header_size(PackVersion version) {
    return version == PackVersion::one ? title_1.size() : title_2.size() + making_size;
}

std::uint32_t read_length(ByteReader& reader) {
    const auto length = reader.varint();
    if (length > largest_frame) {
        throw Error(Fault::corrupt, fmt::format("frame of {} bytes is over the limit", length));
    }
    return static_cast<std::uint32_t>(length);
}

Codec read_codec(ByteReader& reader, PackVersion version) {
    const auto codec = reader.u8();
    const auto last = version == PackVersion::one ? Codec::zstd : Codec::zstd_with_dictionary;
    if (codec > static_cast<std::uint8_t>(last)) {
        throw Error(Fault::corrupt, fmt::format("frame codec {} is not known", codec));
    }
    return static_cast<Codec>(codec);
}

FrameObject read_object(ByteReader& reader, std::uint32_t offset, PackVersion version) {
    FrameObject object;
    object.id = Digest::from_bytes(reader.bytes(digest_size));
    const auto kind = reader.u8();
    const auto last = version == PackVersion::one ? Kind::commit : dictionary_kind;
    if (kind > static_cast<std::uint8_t>(last)) {
        throw Error(Fault::corrupt, fmt::format("object kind {} is not known", kind));
    }
    object.kind = static_cast<Kind>(kind);
    object.offset = offset;
    object.length = read_length(reader);
    return object;
}

std::vector<Digest> read_dictionaries(ByteReader& reader) {
    const auto count = reader.varint();
    if (count > reader.left() / digest_size) {
        throw Error(Fault::corrupt, "pack index names more dictionaries than it holds");
    }
    std::vector<Digest> dictionaries;
    std::unordered_set<Digest> known;
    for (std::uint64_t i = 0; i < count; ++i) {
        dictionaries.push_back(Digest::from_bytes(reader.bytes(digest_size)));
        if (!known.insert(dictionaries.back()).second) {
            throw Error(Fault::corrupt, "pack index names a dictionary twice");
        }
    }
    return dictionaries;
}

/// What the frames of an index are read with.
struct IndexContext {
    PackVersion version = PackVersion::one;
    std::vector<Digest> dictionaries{};
    std::size_t dictionaries_used = 0;
};

/// The dictionaries come in the order of their first use, and none for nothing.
Digest read_dictionary(ByteReader& reader, IndexContext& context) {
    const auto number = reader.varint();
    if (number > context.dictionaries_used || number >= context.dictionaries.size()) {
        throw Error(Fault::corrupt, "a frame names a dictionary out of order");
    }
    if (number == context.dictionaries_used) {
        ++context.dictionaries_used;
    }
    return context.dictionaries[number];
}

Frame read_frame(ByteReader& reader, std::uint64_t offset, IndexContext& context) {
    Frame frame;
    frame.place.offset = offset;
    frame.place.stored_length = read_length(reader);
    frame.place.raw_length = read_length(reader);
    frame.place.codec = read_codec(reader, context.version);
    if (needs_dictionary(frame.place)) {
        frame.place.dictionary = read_dictionary(reader, context);
    }
    const auto count = reader.varint();
    if (count > reader.left() / smallest_index_entry) {
        throw Error(Fault::corrupt, "frame names more objects than its index holds");
    }
    frame.objects.reserve(count);
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        frame.objects.push_back(
            read_object(reader, static_cast<std::uint32_t>(end), context.version)
        );
        if (frame.objects.back().kind == dictionary_kind && needs_dictionary(frame.place)) {
            throw Error(Fault::corrupt, "a dictionary lies in a frame that needs one itself");
        }
        end += frame.objects.back().length;
        if (end > frame.place.raw_length) {
            break;
        }
    }
    if (end != frame.place.raw_length) {
        throw Error(Fault::corrupt, "objects of a frame do not add up to its length");
    }
    return frame;
}

} // namespace

Buffer decode_frame(const FramePlace& place, ConstBytes stored, ConstBytes dictionary) {
    if (place.codec != Codec::raw) {
        return decompress(
            stored, place.raw_length, needs_dictionary(place) ? dictionary : ConstBytes()
        );
    }
    if (stored.size() != place.raw_length) {
        throw Error(
            Fault::corrupt,
            fmt::format("raw frame has {} bytes, not {}", stored.size(), place.raw_length)
        );
    }
    return to_buffer(stored);
}

void verify_object(const Digest& id, ConstBytes bytes) {
    const auto found = sha256(bytes);
    if (found != id) {
        throw Error(
            Fault::corrupt,
            fmt::format("object {} is damaged: its bytes hash to {}", id.hex(), found.hex())
        );
    }
}

std::vector<Digest> dictionaries_of(const std::vector<Frame>& frames) {
    std::vector<Digest> dictionaries;
    std::unordered_set<Digest> known;
    for (const auto& frame : frames) {
        if (needs_dictionary(frame.place) && known.insert(frame.place.dictionary).second) {
            dictionaries.push_back(frame.place.dictionary);
        }
    }
    return dictionaries;
}

void verify_dictionary(const Digest& id, ConstBytes bytes) {
    const During verifying([&] { return "reading dictionary " + id.hex(); });
    if (bytes.empty() || bytes.size() > largest_dictionary || is_trained_dictionary(bytes)) {
        throw Error(Fault::corrupt, fmt::format("{} bytes are no dictionary", bytes.size()));
    }
    verify_object(id, bytes);
}

Buffer encode_pack_index(const std::vector<Frame>& frames, PackVersion version) {
    ByteWriter writer;
    std::unordered_map<Digest, std::size_t> numbers;
    if (version == PackVersion::two) {
        const auto dictionaries = dictionaries_of(frames);
        writer.varint(dictionaries.size());
        for (const auto& dictionary : dictionaries) {
            numbers.emplace(dictionary, numbers.size());
            writer.bytes(dictionary.view());
        }
    }
    writer.varint(frames.size());
    for (const auto& frame : frames) {
        writer.varint(frame.place.stored_length);
        writer.varint(frame.place.raw_length);
        writer.u8(static_cast<std::uint8_t>(frame.place.codec));
        if (needs_dictionary(frame.place)) {
            writer.varint(numbers.at(frame.place.dictionary));
        }
        writer.varint(frame.objects.size());
        for (const auto& object : frame.objects) {
            writer.bytes(object.id.view());
            writer.u8(static_cast<std::uint8_t>(object.kind));
            writer.varint(object.length);
        }
    }
    return std::move(writer).take();
}

std::vector<Frame> decode_pack_index(ConstBytes bytes, PackVersion version) {
    ByteReader reader(bytes);
    IndexContext context{version};
    if (version == PackVersion::two) {
        context.dictionaries = read_dictionaries(reader);
    }
    const auto count = reader.varint();
    std::vector<Frame> frames;
    std::uint64_t offset = header_size(version);
    for (std::uint64_t i = 0; i < count; ++i) {
        frames.push_back(read_frame(reader, offset, context));
        offset += frames.back().place.stored_length;
    }
    reader.finish("pack index");
    if (context.dictionaries_used != context.dictionaries.size()) {
        throw Error(Fault::corrupt, "a pack index names a dictionary that no frame needs");
    }
    return frames;
}

namespace {

PackVersion version_of(ConstBytes start) {
    const auto title = as_text(start).substr(0, pack_start_size);
    if (title != title_1 && title != title_2) {
        throw Error(Fault::corrupt, "this is no pack, or one of a version that is not known");
    }
    return title == title_1 ? PackVersion::one : PackVersion::two;
}

} // namespace

std::optional<std::vector<Frame>> decode_pack_ends(ConstBytes start, ConstBytes bytes) {
    const auto version = version_of(start);
    if (bytes.size() < footer_size) {
        return std::nullopt;
    }
    const auto before = bytes.size() - footer_size;
    ByteReader footer(bytes.subspan(before));
    const auto length = footer.u64();
    const auto digest = Digest::from_bytes(footer.bytes(digest_size));
    if (length > before) {
        return std::nullopt;
    }
    const auto index =
        bytes.subspan(before - static_cast<std::size_t>(length), static_cast<std::size_t>(length));
    if (sha256(index) != digest) {
        throw Error(Fault::corrupt, "pack index does not match its checksum");
    }
    return decode_pack_index(index, version);
}

std::string pack_file_name(const Digest& pack) {
    return pack.hex() + ".pack";
}

std::optional<Digest> pack_of_file_name(const std::string& name) {
    constexpr std::string_view suffix = ".pack";
    if (!name.ends_with(suffix)) {
        return std::nullopt;
    }
    return Digest::parse(std::string_view(name).substr(0, name.size() - suffix.size()));
}

PackEncoder::PackEncoder(Sink& out, std::optional<PackMaking> making)
    : out_(out), version_(making ? PackVersion::two : PackVersion::one) {
    ByteWriter header;
    header.text(making ? title_2 : title_1);
    if (making) {
        header.u8(making->level);
        header.u8(making->layout);
    }
    write(header.view());
}

void PackEncoder::write(ConstBytes data) {
    out_.write(data);
    hasher_.update(data);
    position_ += data.size();
}

void PackEncoder::add(EncodedFrame frame) {
    const auto& objects = frame.frame.objects;
    const auto is_dictionary = [](const auto& object) { return object.kind == dictionary_kind; };
    if (version_ == PackVersion::one &&
        (needs_dictionary(frame.frame.place) ||
         std::any_of(objects.begin(), objects.end(), is_dictionary))) {
        throw Error(Fault::internal, "a pack of version 1 knows no dictionaries");
    }
    frame.frame.place.offset = position_;
    write(frame.stored);
    frames_.push_back(std::move(frame.frame));
}

FinishedPack PackEncoder::finish() {
    const auto index = encode_pack_index(frames_, version_);
    write(index);
    ByteWriter footer;
    footer.u64(index.size());
    footer.bytes(sha256(index).view());
    write(footer.view());
    const auto name = hasher_.finish();
    out_.write(name.view());
    out_.write(as_bytes(trailer));
    return {name, std::move(frames_)};
}

PackWriter::PackWriter(const std::filesystem::path& directory, std::optional<PackMaking> making)
    : directory_(directory), file_(directory / "pack", 0444), encoder_(file_, making) {}

PackWriter::Finished PackWriter::finish() {
    auto finished = encoder_.finish();
    file_.finish_as(directory_ / pack_file_name(finished.pack));
    return finished;
}

PackFile::PackFile(const std::filesystem::path& directory, const Digest& pack)
    : PackFile(FileBlob(directory / pack_file_name(pack)), pack) {}

PackFile::PackFile(FileBlob file, const Digest& pack) : blob_(std::move(file)) {
    const During opening([&] { return "opening pack " + pack.hex(); });
    read_header();
    read_footer();
    if (name_ != pack) {
        throw Error(Fault::corrupt, fmt::format("pack calls itself {}", name_.hex()));
    }
}

PackFile::PackFile(FileBlob file) : blob_(std::move(file)) {
    read_header();
    read_footer();
}

void PackFile::read_header() {
    if (blob_.size() < title_1.size() + footer_size) {
        throw Error(Fault::corrupt, fmt::format("pack of {} bytes is truncated", blob_.size()));
    }
    Buffer start(title_2.size() + making_size); // shorter than any footer
    blob_.read_at(0, start);
    ByteReader reader(start);
    if (!as_text(start).starts_with(title_2)) {
        reader.expect(title_1, "pack");
        return;
    }
    reader.expect(title_2, "pack");
    making_ = PackMaking{reader.u8(), reader.u8()};
}

void PackFile::read_footer() {
    Buffer footer(footer_size);
    blob_.read_at(blob_.size() - footer_size, footer);
    ByteReader reader(footer);
    index_length_ = reader.u64();
    index_digest_ = Digest::from_bytes(reader.bytes(digest_size));
    name_ = Digest::from_bytes(reader.bytes(digest_size));
    if (as_text(reader.bytes(trailer.size())) != trailer) {
        throw Error(Fault::corrupt, "pack is truncated: it does not end as a pack does");
    }
    const auto headed = header_size(version()) + footer_size;
    const auto room = blob_.size() - std::min(blob_.size(), headed);
    if (index_length_ > std::min(room, largest_index)) {
        throw Error(Fault::corrupt, "pack index is longer than the pack");
    }
    index_offset_ = blob_.size() - footer_size - index_length_;
}

std::vector<Frame> PackFile::read_index() const {
    const During reading([&] { return "reading the index of pack " + name_.hex(); });
    Buffer bytes(index_length_);
    blob_.read_at(index_offset_, bytes);
    if (sha256(bytes) != index_digest_) {
        throw Error(Fault::corrupt, "pack index does not match its checksum");
    }
    auto frames = decode_pack_index(bytes, version());
    const auto end = frames.empty()
                         ? header_size(version())
                         : frames.back().place.offset + frames.back().place.stored_length;
    if (end != index_offset_) {
        throw Error(Fault::corrupt, "frames of the pack do not end where its index begins");
    }
    return frames;
}

void PackFile::verify_bytes() const {
    constexpr std::size_t step = 1U << 20U;
    const auto end = blob_.size() - footer_size + hashed_footer_size;
    Hasher hasher;
    Buffer block(step);
    for (std::uint64_t at = 0; at < end; at += step) {
        const auto piece = Bytes(block).first(std::min<std::uint64_t>(step, end - at));
        blob_.read_at(at, piece);
        hasher.update(piece);
    }
    if (hasher.finish() != name_) {
        throw Error(Fault::corrupt, fmt::format("pack {} does not match its name", name_.hex()));
    }
}

} // namespace slipway::store
