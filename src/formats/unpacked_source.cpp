#include "formats/unpacked_source.h"

#include <exception>
#include <memory>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "base/error.h"

namespace slipway::formats {

namespace {

constexpr std::size_t packed_buffer = 256U << 10U;

struct Free {
    void operator()(archive* handle) const { archive_read_free(handle); }
};

} // namespace

struct UnpackedSource::Stream {
    explicit Stream(Source& source) : packed(source), buffer(packed_buffer) {}

    /// Throws what the packed source has thrown, or the fault of the compression.
    void check(la_ssize_t result) {
        if (error) {
            std::rethrow_exception(error);
        }
        if (result < 0) {
            const auto* reason = archive_error_string(handle.get());
            throw Error(
                Fault::corrupt,
                fmt::format("cannot unpack the archive: {}", reason != nullptr ? reason : "damaged")
            );
        }
    }

    /// For libarchive, which is C: errors wait until it has returned.
    static la_ssize_t read_packed(archive* /*handle*/, void* data, const void** bytes) {
        auto& stream = *static_cast<Stream*>(data);
        *bytes = stream.buffer.data();
        try {
            return static_cast<la_ssize_t>(stream.packed.read(stream.buffer));
        } catch (...) {
            stream.error = std::current_exception();
            return -1;
        }
    }

    Source& packed;
    Buffer buffer;
    std::exception_ptr error;
    std::unique_ptr<archive, Free> handle{archive_read_new()};
    bool is_empty = false;
};

UnpackedSource::UnpackedSource(Source& packed) : stream_(std::make_unique<Stream>(packed)) {
    auto* handle = stream_->handle.get();
    archive_read_support_filter_gzip(handle);
    archive_read_support_filter_xz(handle);
    archive_read_support_filter_zstd(handle);
    archive_read_support_filter_bzip2(handle);
    archive_read_support_filter_lz4(handle);
    archive_read_support_filter_lzip(handle);
    archive_read_support_filter_lzma(handle);
    archive_read_support_filter_compress(handle);
    archive_read_support_format_raw(handle);
    archive_read_support_format_empty(handle);
    stream_->check(archive_read_open(handle, stream_.get(), nullptr, Stream::read_packed, nullptr));
    archive_entry* entry = nullptr;
    const auto result = archive_read_next_header(handle, &entry);
    stream_->is_empty = result == ARCHIVE_EOF;
    stream_->check(stream_->is_empty ? ARCHIVE_OK : result);
}

UnpackedSource::~UnpackedSource() = default;

std::size_t UnpackedSource::read(Bytes buffer) {
    if (stream_->is_empty) {
        return 0;
    }
    const auto count = archive_read_data(stream_->handle.get(), buffer.data(), buffer.size());
    stream_->check(count);
    return static_cast<std::size_t>(count);
}

} // namespace slipway::formats
