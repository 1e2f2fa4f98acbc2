#include "base/zstd.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace slipway {
namespace {

/// A sink into memory.
class MemorySink final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override { finished = true; }

    Buffer bytes;
    bool finished = false;
};

Buffer example() {
    Buffer bytes(300000);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(i * i >> 7U);
    }
    return bytes;
}

Buffer stream_of(ConstBytes raw) {
    MemorySink out;
    CompressingSink sink(out, 3);
    sink.write(raw.first(raw.size() / 3));
    sink.write(raw.subspan(raw.size() / 3));
    sink.finish();
    EXPECT_TRUE(out.finished);
    return out.bytes;
}

Buffer read_stream(ConstBytes stream, std::size_t step) {
    MemorySource in(stream);
    DecompressingSource source(in);
    Buffer raw;
    Buffer piece(step);
    while (const auto count = source.read(piece)) {
        raw.insert(raw.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return raw;
}

TEST(Zstd, DecompressesWhatItCompressed) {
    Compressor compressor(3);
    for (const auto& raw : {example(), Buffer{}}) {
        const auto frame = compressor.compress(raw);
        EXPECT_EQ(decompress(frame, raw.size()), raw);
    }
    EXPECT_LT(compressor.compress(Buffer(100000)).size(), 100U);
}

TEST(Zstd, RefusesAFrameThatIsNotExactlyWhatWasSaid) {
    const auto raw = example();
    const auto frame = Compressor(3).compress(raw);
    EXPECT_THROW(decompress(frame, raw.size() - 1), Error);
    EXPECT_THROW(decompress(frame, raw.size() + 1), Error);
    EXPECT_THROW(decompress(ConstBytes(frame).first(frame.size() - 1), raw.size()), Error);
    EXPECT_THROW(decompress({}, 0), Error);
    EXPECT_THROW(decompress(as_bytes("nothing of the kind"), 19), Error);
}

TEST(Zstd, RefusesASecondFrameBehindTheFirst) {
    auto frames = Compressor(3).compress(as_bytes("one"));
    const auto second = Compressor(3).compress(as_bytes("two"));
    frames.insert(frames.end(), second.begin(), second.end());
    EXPECT_THROW(decompress(frames, 6), Error);
}

TEST(ZstdStream, ReadsWhatWasWritten) {
    const auto raw = example();
    EXPECT_EQ(read_stream(stream_of(raw), 1), raw);
    EXPECT_EQ(read_stream(stream_of(raw), 1U << 20U), raw);
    EXPECT_TRUE(read_stream(stream_of({}), 10).empty());
}

TEST(ZstdStream, RefusesAStreamThatEndsEarly) {
    const auto stream = stream_of(example());
    for (const auto size : {stream.size() - 1, stream.size() / 2, std::size_t{1}}) {
        EXPECT_THROW(read_stream(ConstBytes(stream).first(size), 1000), Error) << size;
    }
}

TEST(ZstdStream, RefusesGarbageBehindAFrame) {
    auto stream = stream_of(example());
    stream.resize(stream.size() + 10, std::byte{'x'});
    EXPECT_THROW(read_stream(stream, 1000), Error);
}

TEST(Zstd, WithADictionaryNeedsItToDecompress) {
    const auto dictionary = example();
    const CompressionDictionary prepared(dictionary, 5);
    const auto data = ConstBytes(dictionary).subspan(1000, 200000);
    const auto frame = Compressor(5).compress(data, prepared);
    EXPECT_LT(frame.size(), 1000U);
    EXPECT_EQ(decompress(frame, data.size(), dictionary), to_buffer(data));
    EXPECT_THROW(decompress(frame, data.size()), Error);
}

TEST(Zstd, LooksBackOverTheWholeOfALargeFrame) {
    Buffer data(9U << 20U); // the end is as the beginning, and all else is noise
    std::uint64_t state = 1;
    for (auto& byte : data) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::byte>(state >> 56U);
    }
    std::copy_n(data.begin(), 300'000, data.end() - 300'000);
    Compressor compressor(19); // lower levels forget where a beginning was
    const auto frame = compressor.compress(data);
    EXPECT_LT(frame.size(), data.size() - 250'000);
    EXPECT_EQ(decompress(frame, data.size()), data);
    const auto small = ConstBytes(data).first(1000);
    EXPECT_EQ(compressor.compress(small), Compressor(19).compress(small));
}

TEST(Zstd, TellsTrainedDictionariesFromOthers) {
    EXPECT_TRUE(is_trained_dictionary(as_bytes("\x37\xA4\x30\xEC and more")));
    EXPECT_FALSE(is_trained_dictionary(as_bytes("\x37\xA4\x30")));
    EXPECT_FALSE(is_trained_dictionary(as_bytes("plain text")));
}

} // namespace
} // namespace slipway
