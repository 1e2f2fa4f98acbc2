#include "store/pack.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/zstd.h"

namespace slipway::store {

namespace {

constexpr std::string_view header = "slipway pack 1\n";
constexpr std::string_view trailer = "slipway pack end";
constexpr std::size_t digest_size = 32;
constexpr std::size_t footer_size = sizeof(std::uint64_t) + 2 * digest_size + trailer.size();
constexpr std::size_t hashed_footer_size = sizeof(std::uint64_t) + digest_size;
constexpr std::uint64_t largest_index = 1ULL << 30U;
constexpr std::size_t smallest_index_entry = digest_size + 2;

std::uint32_t read_length(ByteReader& reader) {
    const auto length = reader.varint();
    if (length > largest_frame) {
        throw Error(Fault::corrupt, fmt::format("frame of {} bytes is over the limit", length));
    }
    return static_cast<std::uint32_t>(length);
}

Codec read_codec(ByteReader& reader) {
    const auto codec = reader.u8();
    if (codec > static_cast<std::uint8_t>(Codec::zstd)) {
        throw Error(Fault::corrupt, fmt::format("frame codec {} is not known", codec));
    }
    return static_cast<Codec>(codec);
}

FrameObject read_object(ByteReader& reader, std::uint32_t offset) {
    FrameObject object;
    object.id = Digest::from_bytes(reader.bytes(digest_size));
    const auto kind = reader.u8();
    if (kind > static_cast<std::uint8_t>(Kind::commit)) {
        throw Error(Fault::corrupt, fmt::format("object kind {} is not known", kind));
    }
    object.kind = static_cast<Kind>(kind);
    object.offset = offset;
    object.length = read_length(reader);
    return object;
}

Frame read_frame(ByteReader& reader, std::uint64_t offset) {
    Frame frame;
    frame.place.offset = offset;
    frame.place.stored_length = read_length(reader);
    frame.place.raw_length = read_length(reader);
    frame.place.codec = read_codec(reader);
    const auto count = reader.varint();
    if (count > reader.left() / smallest_index_entry) {
        throw Error(Fault::corrupt, "frame names more objects than its index holds");
    }
    frame.objects.reserve(count);
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        frame.objects.push_back(read_object(reader, static_cast<std::uint32_t>(end)));
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

Buffer decode_frame(const FramePlace& place, ConstBytes stored) {
    if (place.codec == Codec::zstd) {
        return decompress(stored, place.raw_length);
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

Buffer encode_pack_index(const std::vector<Frame>& frames) {
    ByteWriter writer;
    writer.varint(frames.size());
    for (const auto& frame : frames) {
        writer.varint(frame.place.stored_length);
        writer.varint(frame.place.raw_length);
        writer.u8(static_cast<std::uint8_t>(frame.place.codec));
        writer.varint(frame.objects.size());
        for (const auto& object : frame.objects) {
            writer.bytes(object.id.view());
            writer.u8(static_cast<std::uint8_t>(object.kind));
            writer.varint(object.length);
        }
    }
    return std::move(writer).take();
}

std::vector<Frame> decode_pack_index(ConstBytes bytes) {
    ByteReader reader(bytes);
    const auto count = reader.varint();
    std::vector<Frame> frames;
    std::uint64_t offset = header.size();
    for (std::uint64_t i = 0; i < count; ++i) {
        frames.push_back(read_frame(reader, offset));
        offset += frames.back().place.stored_length;
    }
    reader.finish("pack index");
    return frames;
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

PackWriter::PackWriter(const std::filesystem::path& directory)
    : directory_(directory), file_(directory / "pack", 0444) {
    write(as_bytes(header));
}

void PackWriter::write(ConstBytes data) {
    file_.write(data);
    hasher_.update(data);
    position_ += data.size();
}

void PackWriter::add(EncodedFrame frame) {
    frame.frame.place.offset = position_;
    write(frame.stored);
    frames_.push_back(std::move(frame.frame));
}

PackWriter::Finished PackWriter::finish() {
    const auto index = encode_pack_index(frames_);
    write(index);
    ByteWriter footer;
    footer.u64(index.size());
    footer.bytes(sha256(index).view());
    write(footer.view());
    const auto name = hasher_.finish();
    file_.write(name.view());
    file_.write(as_bytes(trailer));
    file_.finish_as(directory_ / pack_file_name(name));
    return {name, std::move(frames_)};
}

PackFile::PackFile(const std::filesystem::path& directory, const Digest& pack)
    : PackFile(FileBlob(directory / pack_file_name(pack)), pack) {}

PackFile::PackFile(FileBlob file, const Digest& pack) : name_(pack), blob_(std::move(file)) {
    const During opening([&] { return "opening pack " + pack.hex(); });
    if (blob_.size() < header.size() + footer_size) {
        throw Error(Fault::corrupt, fmt::format("pack of {} bytes is truncated", blob_.size()));
    }
    Buffer start(header.size());
    blob_.read_at(0, start);
    ByteReader(start).expect(header, "pack");
    Buffer footer(footer_size);
    blob_.read_at(blob_.size() - footer_size, footer);
    ByteReader reader(footer);
    index_length_ = reader.u64();
    index_digest_ = Digest::from_bytes(reader.bytes(digest_size));
    const auto name = Digest::from_bytes(reader.bytes(digest_size));
    if (as_text(reader.bytes(trailer.size())) != trailer) {
        throw Error(Fault::corrupt, "pack is truncated: it does not end as a pack does");
    }
    if (name != pack) {
        throw Error(Fault::corrupt, fmt::format("pack calls itself {}", name.hex()));
    }
    const auto room = blob_.size() - header.size() - footer_size;
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
    auto frames = decode_pack_index(bytes);
    const auto end = frames.empty()
                         ? header.size()
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
