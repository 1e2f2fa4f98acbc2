#include "sync/bundle.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::sync {

namespace {

constexpr std::string_view magic = "slipway bundle 1\n";
constexpr std::uint8_t end_mark = 0xFF;
constexpr int level = 3;
constexpr std::uint64_t object_cost = 128; ///< bytes of memory to hold one, beside its own
constexpr std::uint64_t read_step = 1U << 20U;

/// Decodes integers and bytes from a stream.
class StreamReader {
public:
    explicit StreamReader(Source& source) : source_(source) {}

    Buffer bytes(std::uint64_t length) {
        // In steps: memory follows what is really there, not what is announced.
        Buffer taken;
        while (taken.size() < length) {
            const auto filled = taken.size();
            taken.resize(filled + std::min(read_step, length - filled));
            if (read_fully(source_, Bytes(taken).subspan(filled)) != taken.size() - filled) {
                throw Error(Fault::corrupt, "bundle is truncated");
            }
        }
        return taken;
    }

    std::uint8_t u8() {
        std::byte one{};
        if (source_.read(Bytes(&one, 1)) == 0) {
            throw Error(Fault::corrupt, "bundle is truncated");
        }
        return std::to_integer<std::uint8_t>(one);
    }

    std::uint64_t varint() {
        Buffer encoded;
        do {
            encoded.push_back(std::byte{u8()});
        } while ((encoded.back() & std::byte{0x80}) != std::byte{0} && encoded.size() < 10);
        return ByteReader(encoded).varint();
    }

    bool at_end() {
        std::byte one{};
        return source_.read(Bytes(&one, 1)) == 0;
    }

private:
    Source& source_;
};

} // namespace

BundleWriter::BundleWriter(Sink& out) : compressed_(out, level) {
    compressed_.write(as_bytes(magic));
}

void BundleWriter::add(tree::Kind kind, ConstBytes object) {
    ByteWriter head;
    head.u8(static_cast<std::uint8_t>(kind));
    head.varint(object.size());
    compressed_.write(head.view());
    compressed_.write(object);
    ++count_;
}

void BundleWriter::finish() {
    ByteWriter end;
    end.u8(end_mark);
    end.varint(count_);
    compressed_.write(end.view());
    compressed_.finish();
}

void read_bundle(
    Source& in,
    std::uint64_t limit_bytes,
    const std::function<void(tree::Kind kind, const Digest& id, Buffer object)>& take
) {
    DecompressingSource decompressed(in);
    StreamReader reader(decompressed);
    if (as_text(reader.bytes(magic.size())) != magic) {
        throw Error(Fault::corrupt, "this is not a bundle of a known version");
    }
    for (std::uint64_t count = 0;; ++count) {
        const auto mark = reader.u8();
        if (mark == end_mark) {
            if (reader.varint() != count || !reader.at_end()) {
                throw Error(Fault::corrupt, "bundle does not end as it should");
            }
            return;
        }
        const auto length = reader.varint();
        // Each counts as more than its bytes, so that empty ones are limited too.
        const auto cost = length + object_cost;
        if (mark > static_cast<std::uint8_t>(tree::Kind::commit) || length > tree::largest_object) {
            throw Error(
                Fault::corrupt,
                fmt::format("bundle holds an object of kind {} and {} bytes", mark, length)
            );
        }
        if (cost > limit_bytes) {
            throw Error(Fault::corrupt, "bundle holds more than may be taken");
        }
        limit_bytes -= cost;
        auto object = reader.bytes(length);
        const auto id = sha256(object);
        take(static_cast<tree::Kind>(mark), id, std::move(object));
    }
}

} // namespace slipway::sync
