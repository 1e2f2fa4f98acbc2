// Packs: immutable files of many objects (docs/format/pack.md).
//
// A pack is a row of frames, each a few objects compressed together, then an index of them and a
// footer with checksums. Its name is the SHA-256 of its bytes, so nothing about it is ever written
// twice. Decoders take hostile bytes and throw Fault::corrupt.
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

/// How a frame's bytes are stored.
enum class Codec : std::uint8_t { raw = 0, zstd = 1 };

constexpr std::uint64_t largest_frame = tree::largest_object;

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
Buffer decode_frame(const FramePlace& place, ConstBytes stored);

/// Throws Fault::corrupt, naming the object, unless `bytes` hash to `id`.
void verify_object(const Digest& id, ConstBytes bytes);

Buffer encode_pack_index(const std::vector<Frame>& frames);
std::vector<Frame> decode_pack_index(ConstBytes bytes);

/// "HEX.pack", and the name in it.
std::string pack_file_name(const Digest& pack);
std::optional<Digest> pack_of_file_name(const std::string& name);

/// Writes one pack; it appears in its directory whole and durable, or not at all.
class PackWriter {
public:
    explicit PackWriter(const std::filesystem::path& directory);

    void add(EncodedFrame frame);

    /// Bytes of frames so far.
    std::uint64_t size() const { return position_; }

    struct Finished {
        Digest pack;
        std::vector<Frame> frames;
    };

    /// Writes index and footer, syncs and renames.
    Finished finish();

private:
    void write(ConstBytes data);

    std::filesystem::path directory_;
    FileReplacement file_;
    Hasher hasher_;
    std::uint64_t position_ = 0;
    std::vector<Frame> frames_;
};

/// A pack on disk, opened by its footer and index only. Any thread.
class PackFile {
public:
    /// Throws Fault::corrupt if the footer or the index is damaged or names another pack.
    PackFile(const std::filesystem::path& directory, const Digest& pack);
    PackFile(FileBlob file, const Digest& pack);

    const Digest& name() const { return name_; }

    std::uint64_t size() const { return blob_.size(); }

    const Blob& blob() const { return blob_; }

    std::vector<Frame> read_index() const;

    /// Reads every byte; throws Fault::corrupt unless they hash to the pack's name.
    void verify_bytes() const;

private:
    Digest name_;
    FileBlob blob_;
    std::uint64_t index_offset_ = 0;
    std::uint64_t index_length_ = 0;
    Digest index_digest_;
};

} // namespace slipway::store
