// What filesystem images show, put into a tree, and the payload of its files into the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/reporter.h"
#include "formats/images/image_reader.h"
#include "formats/layered_tree.h"
#include "formats/scan.h"
#include "formats/work_gate.h"

namespace slipway::formats {

/// Names first, of all images; then the payload of those files that are to be seen in the end.
class ImageImport {
public:
    /// What character devices 0/0 and trusted.overlay.opaque are: what they look like, or marks of
    /// an upper layer of overlayfs (docs/format/overlay.md).
    enum class Marks { kept, obeyed };

    ImageImport(tree::Ingest& ingest, Reporter& reporter) : ingest_(ingest), reporter_(reporter) {}

    /// Adds all of `image`, which outlives this, over what is there already.
    void take(ImageReader& image, Marks marks);

    /// Adds one file of `image`, which outlives this, at `path`: mode 0644, of root.
    void take_file(ImageReader& image, ImageReader::NodeId file, std::string_view path);

    LayeredTree& tree() { return tree_; }

    /// Reads the files and stores the tree; the end.
    ScanResult finish();

private:
    using NodeId = ImageReader::NodeId;
    using FolderId = Draft::FolderId;

    struct Source {
        ImageReader* image = nullptr;
        NodeId node = 0;
    };

    /// A directory that is to be read.
    struct Level {
        NodeId node = 0;
        FolderId folder = 0;
        std::string path;
        std::size_t depth = 0;
    };

    /// While one image is read.
    struct Walk {
        ImageReader& image;
        Marks marks;
        Task& task;
        std::vector<Level> levels{};
        std::unordered_set<NodeId> directories{};
        std::unordered_map<NodeId, Draft::InodeId> files{};
    };

    void take_folder(Walk& walk, const Level& level);
    void take_child(Walk& walk, const Level& level, const ImageReader::Child& child);
    Draft::Inode inode_of(const ImageReader::Node& node);
    Draft::InodeId add_leaf(Walk& walk, NodeId id, const ImageReader::Node& node);
    void add_payload(Draft::InodeId id, Task& task);

    tree::Ingest& ingest_;
    Reporter& reporter_;
    LayeredTree tree_;
    std::unordered_map<Draft::InodeId, Source> sources_; // of the files' payload
    std::uint64_t names_ = 0;
    WorkGate gate_; // last: payloads may still be on their way into tree_ when an error ends this
};

} // namespace slipway::formats
