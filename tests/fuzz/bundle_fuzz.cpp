// uses: sync store tree net base
// A bundle is read or refused, within its limit. The input is compressed here, so that the fuzzer
// reaches what lies inside; if its first byte is odd it is taken as it is.
#include "base/zstd.h"
#include "fuzz.h"
#include "sync/bundle.h"

namespace {

using namespace slipway;

constexpr std::uint64_t limit = 1U << 20U;

class Collected final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

/// What was read, written again.
Buffer rewritten(ConstBytes bundle) {
    Collected out;
    sync::BundleWriter writer(out);
    std::uint64_t total = 0;
    MemorySource source(bundle);
    sync::read_bundle(source, limit, [&](tree::Kind kind, const Digest& id, const Buffer& object) {
        fuzz::require(sha256(object) == id);
        total += object.size();
        writer.add(kind, object);
    });
    fuzz::require(total <= limit);
    writer.finish();
    return out.bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto input = fuzz::input(data, size).subspan(1);
    Collected compressed;
    if (data[0] % 2 == 0) {
        CompressingSink sink(compressed, 1);
        sink.write(as_bytes("slipway bundle 1\n"));
        sink.write(input);
        sink.finish();
    } else {
        compressed.bytes = to_buffer(input);
    }
    fuzz::allow_corrupt([&] {
        const auto once = rewritten(compressed.bytes);
        fuzz::require(fuzz::equal(rewritten(once), once));
    });
    return 0;
}
