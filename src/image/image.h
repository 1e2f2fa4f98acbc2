// The EROFS image of a tree: a pure function of it, computed, never stored.
//
// Layout rules: docs/format/image.md. Everything comes from directory objects; no payload is read
// until a range that shows it is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/stream.h"
#include "image/image_map.h"
#include "tree/objects.h"

namespace slipway::image {

/// Metadata bytes and the map of the whole image. Immutable, shared by any number of threads.
struct Layout {
    std::shared_ptr<const Buffer> metadata;
    ImageMap map;
    std::vector<tree::File> files; ///< what Content origins refer to, by index
    std::vector<std::string> notices; ///< what the image cannot show, and why ("/dev/x: ...")
};

/// Computes the layout of `tree`. Throws Fault::corrupt for a tree that contradicts itself.
Layout make_layout(const Contents& contents, const Digest& tree);

/// The image's bytes. Any thread may read; `contents` must outlive it.
/// Besides read_at it offers, for read-ahead, which payload a range touches.
class VirtualImage final : public Blob {
public:
    VirtualImage(Layout layout, const Contents& contents);
    ~VirtualImage() override;

    std::uint64_t size() const override;
    void read_at(std::uint64_t offset, Bytes buffer) const override;

    const Layout& layout() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The dm-verity hash tree over `image` (SHA-256, 4 KiB blocks, hash format 1), as
/// `veritysetup format --no-superblock` or with superblock makes it; see docs/format/image.md.
struct Verity {
    Digest root_hash;
    Buffer salt;
    std::uint64_t data_blocks = 0;
};

/// Reads the image once, on all cores; the hash tree goes to `hash_tree` if it is not null.
Verity make_verity(const Blob& image, ConstBytes salt, Sink* hash_tree);

} // namespace slipway::image
