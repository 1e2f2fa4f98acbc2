#include "formats/images/live_import.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/images/block_cache.h"
#include "formats/images/erofs_reader.h"
#include "formats/images/ext.h"
#include "formats/images/image_import.h"
#include "formats/images/iso9660.h"
#include "formats/images/live_media.h"
#include "formats/images/squashfs.h"
#include "formats/source_kind.h"

namespace slipway::formats {

namespace {

std::unique_ptr<ImageReader> open_image(const Blob& image) {
    Buffer beginning(std::min<std::uint64_t>(image.size(), recognised_bytes));
    image.read_at(0, beginning);
    switch (recognise(beginning)) {
    case SourceKind::squashfs:
        return open_squashfs(image);
    case SourceKind::erofs:
        return open_erofs(image);
    case SourceKind::ext:
        return open_ext(image);
    default:
        throw Error(Fault::corrupt, "this is no squashfs, EROFS or ext image");
    }
}

/// Images within images, each read where it lies. The last opened is the innermost.
class OpenImages {
public:
    ImageReader& open(const Blob& image) {
        readers_.push_back(open_image(image));
        return *readers_.back();
    }

    /// The image that is a file of `outer`.
    ImageReader& open_within(ImageReader& outer, ImageReader::NodeId file) {
        constexpr std::size_t block_bytes = 1U << 20U;
        constexpr std::size_t most_blocks = 32;
        files_.push_back(outer.open(file));
        caches_.push_back(std::make_unique<CachedBlob>(*files_.back(), block_bytes, most_blocks));
        return open(*caches_.back());
    }

private:
    std::deque<std::unique_ptr<ImageFile>> files_;
    std::deque<std::unique_ptr<CachedBlob>> caches_;
    std::deque<std::unique_ptr<ImageReader>> readers_; // last: they read the others
};

/// The file of an image that holds nothing but another image.
std::optional<ImageReader::NodeId> inner_image(ImageReader& image) {
    for (const std::string_view path :
         {"LiveOS/rootfs.img", "LiveOS/ext3fs.img", "airootfs.img", "rootfs.img"}) {
        const auto found = look_up(image, path);
        if (found && S_ISREG(image.node(*found).mode)) {
            return found;
        }
    }
    return std::nullopt;
}

/// The folder at a path of the tree, if there is one; no links are followed.
std::optional<Draft::FolderId> folder_at(const LayeredTree& tree, std::string_view path) {
    auto folder = Draft::root;
    for (const auto part : split(path, '/')) {
        const auto* found = tree.find(folder, part);
        if (found == nullptr || !S_ISDIR(found->mode)) {
            return std::nullopt;
        }
        folder = static_cast<Draft::FolderId>(found->detail);
    }
    return folder;
}

/// As the boot path looks for one: /boot/vmlinuz*, or vmlinuz beside modules.
bool has_kernel(const LayeredTree& tree) {
    if (const auto boot = folder_at(tree, "boot")) {
        for (const auto& name : tree.names(*boot)) {
            const auto is_kernel = name.starts_with("vmlinuz") || name.starts_with("kernel-") ||
                                   name.starts_with("Image-");
            if (is_kernel && S_ISREG(tree.find(*boot, name)->mode)) {
                return true;
            }
        }
    }
    for (const auto* root : {"usr/lib/modules", "lib/modules"}) {
        const auto modules = folder_at(tree, root);
        for (const auto& release : modules ? tree.names(*modules) : std::vector<std::string>{}) {
            const auto folder = folder_at(tree, fmt::format("{}/{}", root, release));
            if (folder && tree.find(*folder, "vmlinuz") != nullptr) {
                return true;
            }
        }
    }
    return false;
}

bool has_modules(const LayeredTree& tree, std::string_view release) {
    return folder_at(tree, fmt::format("usr/lib/modules/{}", release)) ||
           folder_at(tree, fmt::format("lib/modules/{}", release));
}

class MediumImport {
public:
    MediumImport(const Blob& medium, tree::Ingest& ingest, Reporter& reporter)
        : reporter_(reporter), medium_(open_iso9660(medium)), import_(ingest, reporter) {}

    ScanResult run(const std::optional<std::string>& wanted) {
        const auto system = find_live_system(*medium_, wanted);
        reporter_.notice(
            fmt::format("the system is {} of the medium", printable(system.filesystems.back()))
        );
        const auto marks =
            system.filesystems.size() > 1 ? ImageImport::Marks::obeyed : ImageImport::Marks::kept;
        for (const auto& path : system.filesystems) {
            import_.take(open_system(path), marks);
        }
        if (system.kernel && !has_kernel(import_.tree())) {
            add_kernel(*system.kernel, system.initrd);
        }
        return import_.finish();
    }

private:
    ImageReader& open_system(const std::string& path) {
        auto* image = &images_.open_within(*medium_, *look_up(*medium_, path));
        const auto inner = inner_image(*image);
        return inner ? images_.open_within(*image, *inner) : *image;
    }

    void add_kernel(const std::string& path, const std::optional<std::string>& initrd) {
        const auto kernel = *look_up(*medium_, path);
        const auto release = kernel_release(*medium_->open(kernel));
        if (!release || !has_modules(import_.tree(), *release)) {
            reporter_.notice(fmt::format(
                "the medium's kernel {} is left out: the system has no modules for it",
                printable(path)
            ));
            return;
        }
        reporter_.notice(fmt::format("kernel {} is taken from the medium", *release));
        import_.take_file(*medium_, kernel, fmt::format("boot/vmlinuz-{}", *release));
        if (initrd) {
            import_.take_file(
                *medium_, *look_up(*medium_, *initrd), fmt::format("boot/initrd.img-{}", *release)
            );
        }
    }

    Reporter& reporter_;
    std::unique_ptr<ImageReader> medium_;
    OpenImages images_;
    ImageImport import_; // last: it reads the others
};

} // namespace

ScanResult read_image(const Blob& image, tree::Ingest& ingest, Reporter& reporter) {
    const auto reader = open_image(image);
    ImageImport import(ingest, reporter);
    import.take(*reader, ImageImport::Marks::kept);
    return import.finish();
}

ScanResult read_live_medium(
    const Blob& medium,
    const std::optional<std::string>& wanted,
    tree::Ingest& ingest,
    Reporter& reporter
) {
    return MediumImport(medium, ingest, reporter).run(wanted);
}

} // namespace slipway::formats
