// uses: formats tree base
// Any bytes as cpio archives: they become a tree or an Error.
#include "base/reporter.h"
#include "formats/cpio.h"
#include "fuzz.h"
#include "import_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    MemorySource archive(bytes);
    fuzz::import([&](auto& store) { formats::read_cpio(archive, store, silent_reporter()); });
    return 0;
}
