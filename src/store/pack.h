// Packs: immutable files of many objects (docs/format/pack.md).
//
// A pack is a row of frames, each a few objects compressed together, then an index of them and a
// footer with checksums. Its name is the SHA-256 of its bytes, so nothing about it is ever written
// twice. Decoders take hostile bytes and throw Fault::corrupt.
//
// Version 2 is what `slipway repack` writes: it says how it was made, and its frames may be
// compressed with a dictionary, which is an object like any other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/file.h"
#include "tree/objects.h"

namespace slipway::store {

using tree::Kind;

/// The one kind that is in packs and in no tree: what frames are compressed with.
constexpr auto dictionary_kind = static_cast<Kind>(4);

/// How a frame's bytes are stored.
enum class Codec : std::uint8_t { raw = 0, zstd = 1, zstd_with_dictionary = 2 };

constexpr std::uint64_t largest_frame = tree::largest_object;
constexpr std::uint64_t largest_dictionary = 8ULL << 20U;

/// How a pack was made. A hint for who would make it better: nothing else depends on it.
struct PackMaking {
    std::uint8_t level = 0;  ///< of zstd
    std::uint8_t layout = 0; ///< the rules by which objects came into frames; 0: none
    friend bool operator==(const PackMaking&, const PackMaking&) = default;
};

enum class PackVersion : std::uint8_t { one = 1, two = 2 };

/// One object inside a frame.
struct FrameObject {
    Digest id;
    Kind kind = Kind::chunk;
    std::uint32_t offset = 0; ///< in the decoded frame
    std::uint32_t length = 0;
    friend bool operator==(const FrameObject&, const FrameObject&) = default;
};

/// Where a frame lies in its pack and how to decode it.
struct FramePlace {
    std::uint64_t offset = 0; ///< in the pack
    std::uint32_t stored_length = 0;
    std::uint32_t raw_length = 0;
    Codec codec = Codec::raw;
    Digest dictionary{}; ///< the object it is compressed with; zero with the other codecs
    friend bool operator==(const FramePlace&, const FramePlace&) = default;
};

struct Frame {
    FramePlace place;
    std::vector<FrameObject> objects; ///< adjacent, together all of the frame
    friend bool operator==(const Frame&, const Frame&) = default;
};

/// A frame ready to be written: its objects and its stored bytes; `place.offset` is set by the
/// pack.
struct EncodedFrame {
    Frame frame;
    Buffer stored;
};

/// The raw bytes of a frame. Throws Fault::corrupt unless they are raw_length bytes.
/// `dictionary`: the bytes of place.dictionary, if there is one.
Buffer decode_frame(const FramePlace& place, ConstBytes stored, ConstBytes dictionary = {});

inline bool needs_dictionary(const FramePlace& place) {
    return place.codec == Codec::zstd_with_dictionary;
}

/// The dictionaries that the frames of a pack need, each once, in the order of their first use.
/// They must be kept for as long as the frames are.
std::vector<Digest> dictionaries_of(const std::vector<Frame>& frames);

/// Throws Fault::corrupt, naming it, unless `bytes` hash to `id` and may be a dictionary.
void verify_dictionary(const Digest& id, ConstBytes bytes);

/// Throws Fault::corrupt, naming the object, unless `bytes` hash to `id`.
void verify_object(const Digest& id, ConstBytes bytes);

Buffer encode_pack_index(const std::vector<Frame>& frames, PackVersion version);
std::vector<Frame> decode_pack_index(ConstBytes bytes, PackVersion version);

/// The first bytes of a pack, which say its version.
constexpr std::size_t pack_start_size = 15;

/// The same from the first and the last bytes of a pack; nothing if the last are too few. Throws
/// Fault::corrupt.
std::optional<std::vector<Frame>> decode_pack_ends(ConstBytes start, ConstBytes end);

/// "HEX.pack", and the name in it.
std::string pack_file_name(const Digest& pack);
std::optional<Digest> pack_of_file_name(const std::string& name);

/// A pack that was written.
struct FinishedPack {
    Digest pack;
    std::vector<Frame> frames;
};

/// Writes the bytes of one pack to `out`, which outlives it and is not finished by it.
class PackEncoder {
public:
    /// Of version 2 if it says how it is made.
    explicit PackEncoder(Sink& out, std::optional<PackMaking> making = std::nullopt);

    /// Only a pack of version 2 takes frames with dictionaries, and these themselves.
    void add(EncodedFrame frame);

    /// Bytes of frames so far.
    std::uint64_t size() const { return position_; }

    /// Writes index and footer.
    FinishedPack finish();

private:
    void write(ConstBytes data);

    Sink& out_;
    PackVersion version_;
    Hasher hasher_;
    std::uint64_t position_ = 0;
    std::vector<Frame> frames_;
};

/// Writes one pack; it appears in its directory whole and durable, or not at all.
class PackWriter {
public:
    explicit PackWriter(
        const std::filesystem::path& directory, std::optional<PackMaking> making = std::nullopt
    );

    /// As PackEncoder::add().
    void add(EncodedFrame frame) { encoder_.add(std::move(frame)); }

    /// Bytes of frames so far.
    std::uint64_t size() const { return encoder_.size(); }

    using Finished = FinishedPack;

    /// Writes index and footer, syncs and renames.
    Finished finish();

private:
    std::filesystem::path directory_;
    FileReplacement file_;
    PackEncoder encoder_;
};

/// A pack on disk, opened by its footer and index only. Any thread.
class PackFile {
public:
    /// Throws Fault::corrupt if the footer or the index is damaged or names another pack.
    PackFile(const std::filesystem::path& directory, const Digest& pack);
    PackFile(FileBlob file, const Digest& pack);

    /// A pack that has arrived, under the name that it gives itself.
    explicit PackFile(FileBlob file);

    const Digest& name() const { return name_; }

    std::uint64_t size() const { return blob_.size(); }

    const Blob& blob() const { return blob_; }

    /// How it was made; nothing if it is of version 1.
    const std::optional<PackMaking>& making() const { return making_; }

    std::vector<Frame> read_index() const;

    /// Reads every byte; throws Fault::corrupt unless they hash to the pack's name.
    void verify_bytes() const;

private:
    PackVersion version() const { return making_ ? PackVersion::two : PackVersion::one; }

    void read_header();
    void read_footer();

    FileBlob blob_;
    Digest name_; // after read_footer() what the pack calls itself
    std::optional<PackMaking> making_;
    std::uint64_t index_offset_ = 0;
    std::uint64_t index_length_ = 0;
    Digest index_digest_;
};

} // namespace slipway::store
