// The EROFS image of a tree: a pure function of it, computed, never stored.
//
// Layout rules: docs/format/image.md. Everything comes from directory objects; no payload is read
// until a range that shows it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "image/image_map.h"
#include "tree/objects.h"

namespace slipway::image {

/// Metadata bytes and the map of the whole image. Immutable, shared by any number of threads.
/// For read-ahead, `map.cover()` says which of `files`, and what part of it, a range shows.
struct Layout {
    std::shared_ptr<const Buffer> metadata;
    ImageMap map;
    std::vector<tree::File> files; ///< each payload once; what Content origins refer to, by index
    std::vector<std::string> notices; ///< what the image cannot show, and why ("/dev/x: ...")
};

/// Computes the layout of `tree`.
/// Throws Fault::corrupt for a tree that contradicts itself, Fault::usage for one that no image can
/// hold (docs/format/image.md, "Limits"), Fault::not_found if `contents` lacks a directory.
Layout make_layout(const Contents& contents, const Digest& tree);

/// The image's bytes. Any thread may read; `contents` must outlive it.
class VirtualImage final : public Blob {
public:
    VirtualImage(Layout layout, const Contents& contents);
    ~VirtualImage() override;

    std::uint64_t size() const override;

    /// Throws Fault::corrupt if a payload is not as long as its directory says, and what
    /// `contents` throws.
    void read_at(std::uint64_t offset, Bytes buffer) const override;

    const Layout& layout() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What the kernel needs to check an image by dm-verity: SHA-256, 4 KiB blocks, hash type 1, as
/// `veritysetup format` makes it (docs/format/image.md, "Verity").
struct Verity {
    Digest root_hash;
    Buffer salt;
    std::uint64_t data_blocks = 0;
};

/// The salt that belongs to the image of `tree`.
Buffer verity_salt(const Digest& tree);

/// The size of the hash file for an image of `image_bytes`, its superblock included.
std::uint64_t verity_bytes(std::uint64_t image_bytes);

/// Writes `bytes` at `offset` of a hash file. Never called twice at once, or for a byte twice.
using WriteAt = std::function<void(std::uint64_t offset, ConstBytes bytes)>;

/// Reads the image once, on all cores, in bounded memory. The hash file, superblock first, goes to
/// `write`, if there is one: all of verity_bytes, in no order.
/// Throws Fault::usage unless the image is of whole blocks and the salt of 256 bytes at most.
Verity make_verity(const Blob& image, ConstBytes salt, const WriteAt& write = {});

} // namespace slipway::image
