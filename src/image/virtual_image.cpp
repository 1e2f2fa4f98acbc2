#include <algorithm>
#include <list>
#include <unordered_map>

#include "base/guarded.h"
#include "image/image.h"
#include "tree/content.h"

namespace slipway::image {

namespace {

/// So many files stay open: enough for the readers of a busy machine, little memory.
constexpr std::size_t most_open_files = 64;

/// The files that were read last, so that a file read piece by piece is opened once.
class OpenFiles {
public:
    std::shared_ptr<const Blob> find(std::uint32_t file) {
        const auto found = by_file_.find(file);
        if (found == by_file_.end()) {
            return nullptr;
        }
        by_use_.splice(by_use_.begin(), by_use_, found->second);
        return found->second->blob;
    }

    void add(std::uint32_t file, std::shared_ptr<const Blob> blob) {
        if (by_file_.contains(file)) {
            return; // another thread was faster
        }
        if (by_use_.size() == most_open_files) {
            by_file_.erase(by_use_.back().file);
            by_use_.pop_back();
        }
        by_use_.push_front({file, std::move(blob)});
        by_file_.emplace(file, by_use_.begin());
    }

private:
    struct Use {
        std::uint32_t file = 0;
        std::shared_ptr<const Blob> blob;
    };

    std::list<Use> by_use_; // the latest first
    std::unordered_map<std::uint32_t, std::list<Use>::iterator> by_file_;
};

} // namespace

struct VirtualImage::State {
    State(Layout its_layout, const Contents& its_contents)
        : layout(std::move(its_layout)), contents(its_contents) {}

    /// Opens outside the lock: it may take a network's time.
    std::shared_ptr<const Blob> open(std::uint32_t index) {
        if (auto blob = open_files.lock()->find(index)) {
            return blob;
        }
        std::shared_ptr<const Blob> blob = tree::open_file(contents, layout.files[index]);
        open_files.lock()->add(index, blob);
        return blob;
    }

    void fill(const Origin& origin, Bytes buffer) {
        if (const auto* metadata = std::get_if<Metadata>(&origin)) {
            std::ranges::copy(
                ConstBytes(*layout.metadata).subspan(metadata->offset, buffer.size()),
                buffer.begin()
            );
        } else if (const auto* content = std::get_if<Content>(&origin)) {
            open(content->file)->read_at(content->offset, buffer);
        } else {
            std::ranges::fill(buffer, std::byte{0});
        }
    }

    const Layout layout;
    const Contents& contents;
    Guarded<OpenFiles> open_files;
};

VirtualImage::VirtualImage(Layout layout, const Contents& contents)
    : state_(std::make_unique<State>(std::move(layout), contents)) {}

VirtualImage::~VirtualImage() = default;

std::uint64_t VirtualImage::size() const {
    return state_->layout.map.size();
}

void VirtualImage::read_at(std::uint64_t offset, Bytes buffer) const {
    for (const auto& extent : state_->layout.map.cover(offset, buffer.size())) {
        state_->fill(extent.origin, buffer.subspan(extent.offset - offset, extent.length));
    }
}

const Layout& VirtualImage::layout() const {
    return state_->layout;
}

} // namespace slipway::image
