#include "sync/bundle.h"

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::sync {

namespace {

constexpr std::string_view magic = "slipway bundle 1\n";
constexpr std::uint8_t end_mark = 0xFF;
constexpr int level = 3;

/// Decodes integers and bytes from a stream.
class StreamReader {
public:
    explicit StreamReader(Source& source) : source_(source) {}

    Buffer bytes(std::uint64_t length) {
        Buffer taken(length);
        if (read_fully(source_, taken) != length) {
            throw Error(Fault::corrupt, "bundle is truncated");
        }
        return taken;
    }

    std::uint8_t u8() { return std::to_integer<std::uint8_t>(bytes(1)[0]); }

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
    Source& in, const std::function<void(tree::Kind kind, const Digest& id, Buffer object)>& take
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
        if (mark > static_cast<std::uint8_t>(tree::Kind::commit) || length > tree::largest_object) {
            throw Error(
                Fault::corrupt,
                fmt::format("bundle holds an object of kind {} and {} bytes", mark, length)
            );
        }
        auto object = reader.bytes(length);
        const auto id = sha256(object);
        take(static_cast<tree::Kind>(mark), id, std::move(object));
    }
}

} // namespace slipway::sync
