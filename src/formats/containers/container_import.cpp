#include "formats/containers/container_import.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/archive_import.h"
#include "formats/containers/container_image.h"
#include "formats/tar_reader.h"
#include "formats/unpacked_source.h"

namespace slipway::formats {

namespace {

/// Hashes what is read through it.
class HashedSource final : public Source {
public:
    explicit HashedSource(Source& source) : source_(source) {}

    std::size_t read(Bytes buffer) override {
        const auto count = source_.read(buffer);
        hasher_.update(ConstBytes(buffer).first(count));
        return count;
    }

    /// Of all there is: what was not read is read now.
    Digest finish() {
        constexpr std::size_t piece_bytes = 64U << 10U;
        Buffer rest(piece_bytes);
        while (read(rest) > 0) {
        }
        return hasher_.finish();
    }

private:
    Source& source_;
    Hasher hasher_;
};

void check(HashedSource& source, const std::optional<Digest>& wanted, const std::string& path) {
    if (wanted && source.finish() != *wanted) {
        throw Error(
            Fault::corrupt,
            fmt::format(
                "layer {} of the container image is not what its digest says", printable(path)
            )
        );
    }
}

void take_layer(const ArchiveFiles& files, const ContainerLayer& layer, ArchiveImport& import) {
    const During reading([&] { return fmt::format("reading layer {}", printable(layer.path)); });
    const auto blob = files.open(layer.path);
    if (blob == nullptr) {
        throw Error(
            Fault::not_found,
            fmt::format("layer {} of the container image is not there", printable(layer.path))
        )
            .hint("fetch the image again, with all its layers");
    }
    BlobSource bytes(*blob);
    HashedSource stored(bytes);
    UnpackedSource unpacked(stored);
    HashedSource archive(unpacked);
    TarReader reader(archive);
    import.take(reader, ArchiveImport::Whiteouts::marks);
    check(archive, layer.unpacked, layer.path);
    check(stored, layer.stored, layer.path);
}

} // namespace

ScanResult read_container_image(
    const ArchiveFiles& files,
    const std::optional<std::string>& wanted,
    tree::Ingest& ingest,
    Reporter& reporter
) {
    const auto image = find_container_image(files, wanted);
    reporter.notice(fmt::format(
        "the system is container image {}, of {}",
        printable(image.name),
        counted(image.layers.size(), "layer")
    ));
    ArchiveImport import(ingest, reporter);
    for (const auto& layer : image.layers) {
        take_layer(files, layer, import);
    }
    return import.finish();
}

} // namespace slipway::formats
