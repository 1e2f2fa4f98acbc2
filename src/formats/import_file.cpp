#include "formats/import_file.h"

#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "formats/containers/container_image.h"
#include "formats/containers/container_import.h"
#include "formats/cpio.h"
#include "formats/images/live_import.h"
#include "formats/peeked_source.h"
#include "formats/source_kind.h"
#include "formats/tar.h"
#include "formats/unpacked_source.h"

namespace slipway::formats {

namespace {

/// Where an archive of container images has been told from a plain one by its first members.
SourceKind kind_of(PeekedSource& source) {
    const auto beginning = source.peek(recognised_bytes);
    const auto kind = recognise(beginning);
    return kind == SourceKind::tar && may_hold_container_images(beginning) ? SourceKind::containers
                                                                           : kind;
}

bool is_read_in_order(SourceKind kind) {
    return kind == SourceKind::tar || kind == SourceKind::cpio || kind == SourceKind::unknown;
}

/// Writes all of `from` into a file without a name.
FileDescriptor unpack(Source& from, const std::filesystem::path& scratch, Reporter& reporter) {
    constexpr std::size_t piece_bytes = 1U << 20U;
    Task task(reporter, "unpacking", Unit::bytes);
    auto file = open_file(scratch, O_TMPFILE | O_RDWR, 0600);
    Buffer buffer(piece_bytes);
    std::uint64_t size = 0;
    while (const auto count = read_fully(from, buffer)) {
        const auto piece = ConstBytes(buffer).first(count);
        if (!all_zero(piece)) {
            pwrite_all(file.get(), size, piece, "a temporary file");
        }
        size += count;
        task.advance(count);
    }
    if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
        throw_errno("cannot enlarge a temporary file");
    }
    return file;
}

class FileImport {
public:
    FileImport(const ImportSource& source, tree::Ingest& ingest, Reporter& reporter)
        : source_(source), ingest_(ingest), reporter_(reporter) {}

    ScanResult run() {
        DescriptorSource file(source_.file.get(), source_.name);
        PeekedSource bytes(file);
        if (const auto kind = kind_of(bytes); kind != SourceKind::compressed) {
            return is_read_in_order(kind) ? read_in_order(kind, bytes)
                                          : read_anywhere(kind, as_blob(bytes));
        }
        UnpackedSource unpacked(bytes);
        PeekedSource inner(unpacked);
        const auto kind = kind_of(inner);
        return is_read_in_order(kind) ? read_in_order(kind, inner)
                                      : read_anywhere(kind, spool(inner));
    }

private:
    /// The file itself, if it can be read at any place.
    FileBlob as_blob(Source& bytes) {
        struct stat status = {};
        if (fstat(source_.file.get(), &status) != 0) {
            throw_errno(fmt::format("cannot stat {}", source_.name));
        }
        if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
            return spool(bytes);
        }
        return {FileDescriptor(fcntl(source_.file.get(), F_DUPFD_CLOEXEC, 0)), source_.name};
    }

    FileBlob spool(Source& bytes) {
        return {unpack(bytes, source_.scratch, reporter_), source_.name};
    }

    ScanResult read_in_order(SourceKind kind, Source& bytes) {
        return kind == SourceKind::cpio ? read_cpio(bytes, ingest_, reporter_)
                                        : read_tar(bytes, ingest_, reporter_);
    }

    ScanResult read_anywhere(SourceKind kind, const Blob& blob) {
        if (kind == SourceKind::containers) {
            const TarFiles files(blob);
            if (holds_container_images(files)) {
                return read_container_image(files, source_.wanted, ingest_, reporter_);
            }
            BlobSource bytes(blob);
            return read_tar(bytes, ingest_, reporter_);
        }
        return kind == SourceKind::iso9660
                   ? read_live_medium(blob, source_.wanted, ingest_, reporter_)
                   : read_image(blob, ingest_, reporter_);
    }

    const ImportSource& source_;
    tree::Ingest& ingest_;
    Reporter& reporter_;
};

} // namespace

ScanResult import_file(const ImportSource& source, tree::Ingest& ingest, Reporter& reporter) {
    return FileImport(source, ingest, reporter).run();
}

} // namespace slipway::formats
