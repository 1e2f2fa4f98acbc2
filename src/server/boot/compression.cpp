#include "server/boot/compression.h"

#include <array>

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include "base/error.h"
#include "base/stream.h"
#include "base/zstd.h"

namespace slipway::server::boot {

namespace {

constexpr std::size_t block_bytes = 256ULL << 10U;
constexpr int zstd_level = 19;              // higher ones gain one percent
constexpr int gzip_window = MAX_WBITS + 16; // with a gzip header

Error damaged(std::string_view format) {
    return {Fault::corrupt, fmt::format("damaged {} data", format)};
}

/// Appends to a Buffer and keeps it within a limit.
class Output {
public:
    explicit Output(std::uint64_t limit) : limit_(limit) {}

    void append(ConstBytes bytes) {
        if (bytes.size() > limit_ - buffer_.size()) {
            throw Error(Fault::corrupt, fmt::format("more than {} bytes of content", limit_));
        }
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }

    Buffer take() && { return std::move(buffer_); }

private:
    std::uint64_t limit_;
    Buffer buffer_;
};

const std::uint8_t* octets(ConstBytes bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data()); // NOLINT(*-reinterpret-cast): C API
}

std::uint8_t* octets(Bytes bytes) {
    return reinterpret_cast<std::uint8_t*>(bytes.data()); // NOLINT(*-reinterpret-cast): C API
}

class Xz {
public:
    Xz() = default;
    Xz(const Xz&) = delete;
    Xz& operator=(const Xz&) = delete;

    ~Xz() { lzma_end(&stream); }

    Buffer run(ConstBytes bytes, std::uint64_t limit) {
        Output output(limit);
        Buffer block(block_bytes);
        stream.next_in = octets(bytes);
        stream.avail_in = bytes.size();
        auto result = LZMA_OK;
        while (result != LZMA_STREAM_END) {
            stream.next_out = octets(Bytes(block));
            stream.avail_out = block.size();
            result = lzma_code(&stream, LZMA_FINISH);
            if (result != LZMA_OK && result != LZMA_STREAM_END) {
                throw damaged("xz");
            }
            output.append(ConstBytes(block).first(block.size() - stream.avail_out));
        }
        return std::move(output).take();
    }

    lzma_stream stream = LZMA_STREAM_INIT;
};

Buffer unxz(ConstBytes bytes, std::uint64_t limit) {
    Xz xz;
    constexpr std::uint64_t memory_limit = 256ULL << 20U;
    if (lzma_stream_decoder(&xz.stream, memory_limit, LZMA_CONCATENATED) != LZMA_OK) {
        throw Error(Fault::internal, "cannot begin to read xz data");
    }
    return xz.run(bytes, limit);
}

Buffer to_xz(ConstBytes bytes) {
    Xz xz;
    // The kernel checks CRC32 and no other. The branch filter for x86 makes modules larger: their
    // calls are not yet relocated.
    const auto level = 9U | LZMA_PRESET_EXTREME;
    if (lzma_easy_encoder(&xz.stream, level, LZMA_CHECK_CRC32) != LZMA_OK) {
        throw Error(Fault::internal, "cannot begin to write xz data");
    }
    return xz.run(bytes, UINT64_MAX);
}

class Inflater {
public:
    Inflater() {
        if (inflateInit2(&stream_, gzip_window) != Z_OK) {
            throw Error(Fault::internal, "cannot begin to read gzip data");
        }
    }

    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    ~Inflater() { inflateEnd(&stream_); }

    Buffer run(ConstBytes bytes, std::uint64_t limit) {
        Output output(limit);
        Buffer block(block_bytes);
        stream_.next_in = const_cast<std::uint8_t*>(octets(bytes)); // NOLINT: zlib only reads it
        stream_.avail_in = static_cast<unsigned>(bytes.size());
        int result = Z_OK;
        while (result != Z_STREAM_END) {
            stream_.next_out = octets(Bytes(block));
            stream_.avail_out = static_cast<unsigned>(block.size());
            result = inflate(&stream_, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END) {
                throw damaged("gzip");
            }
            output.append(ConstBytes(block).first(block.size() - stream_.avail_out));
        }
        return std::move(output).take();
    }

private:
    z_stream stream_{};
};

Buffer to_gzip(ConstBytes bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        throw Error(Fault::internal, "cannot begin to write gzip data");
    }
    Buffer result(deflateBound(&stream, bytes.size()));
    stream.next_in = const_cast<std::uint8_t*>(octets(bytes)); // NOLINT: zlib only reads it
    stream.avail_in = static_cast<unsigned>(bytes.size());
    stream.next_out = octets(Bytes(result));
    stream.avail_out = static_cast<unsigned>(result.size());
    const auto ended = deflate(&stream, Z_FINISH);
    result.resize(result.size() - stream.avail_out);
    deflateEnd(&stream);
    if (ended != Z_STREAM_END) {
        throw Error(Fault::internal, "cannot write gzip data");
    }
    return result;
}

Buffer unzstd(ConstBytes bytes, std::uint64_t limit) {
    MemorySource packed(bytes);
    DecompressingSource source(packed);
    Output output(limit);
    Buffer block(block_bytes);
    while (const auto count = source.read(block)) {
        output.append(ConstBytes(block).first(count));
    }
    return std::move(output).take();
}

void check_zlib_size(Compression compression, ConstBytes bytes) {
    if (compression == Compression::gzip && bytes.size() > UINT32_MAX) {
        throw Error(Fault::usage, "gzip data of more than 4 GiB");
    }
}

} // namespace

Compression compression_of_name(std::string_view name) {
    if (name.ends_with(".gz")) {
        return Compression::gzip;
    }
    if (name.ends_with(".xz")) {
        return Compression::xz;
    }
    return name.ends_with(".zst") ? Compression::zstd : Compression::none;
}

Buffer uncompress(Compression compression, ConstBytes bytes, std::uint64_t limit) {
    check_zlib_size(compression, bytes);
    switch (compression) {
    case Compression::gzip:
        return Inflater().run(bytes, limit);
    case Compression::xz:
        return unxz(bytes, limit);
    case Compression::zstd:
        return unzstd(bytes, limit);
    case Compression::none:
        break;
    }
    Output output(limit);
    output.append(bytes);
    return std::move(output).take();
}

Buffer compress_for_kernel(Compression compression, ConstBytes bytes) {
    check_zlib_size(compression, bytes);
    switch (compression) {
    case Compression::gzip:
        return to_gzip(bytes);
    case Compression::xz:
        return to_xz(bytes);
    case Compression::zstd:
        return Compressor(zstd_level).compress(bytes);
    case Compression::none:
        break;
    }
    return to_buffer(bytes);
}

} // namespace slipway::server::boot
