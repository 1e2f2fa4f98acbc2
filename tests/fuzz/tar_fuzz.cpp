// uses: formats tree base
// Any bytes as a tar archive: they become a tree or an Error, and a tree's archive is that tree.
#include <cstdint>

#include "base/error.h"
#include "formats/tar.h"
#include "fuzz.h"
#include "import_store.h"

namespace {

using namespace slipway;

class BufferSink final : public Sink {
public:
    void write(ConstBytes data) override { bytes.insert(bytes.end(), data.begin(), data.end()); }

    void finish() override {}

    Buffer bytes;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::ImportStore store;
    MemorySource archive(fuzz::input(data, size));
    Digest tree;
    try {
        tree = formats::read_tar(archive, store, silent_reporter()).tree;
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::corrupt || error.fault() == Fault::refused);
        return 0;
    }
    if (!store.has_long) {
        BufferSink written;
        formats::write_tar(store, tree, written, silent_reporter());
        MemorySource again(written.bytes);
        fuzz::require(formats::read_tar(again, store, silent_reporter()).tree == tree);
    }
    return 0;
}
