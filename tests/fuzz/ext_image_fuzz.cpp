// uses: formats tree base
// Any bytes as an ext image, read by libext2fs through our Blob. They become a tree or an Error.
#include "base/reporter.h"
#include "formats/images/live_import.h"
#include "fuzz.h"
#include "import_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    const MemoryBlob blob(to_buffer(bytes));
    fuzz::import([&](auto& store) { formats::read_image(blob, store, silent_reporter()); });
    return 0;
}
