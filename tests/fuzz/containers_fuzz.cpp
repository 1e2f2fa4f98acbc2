// uses: formats tree base
// Any bytes as an archive of container images: they become a tree or an Error.
#include "base/reporter.h"
#include "formats/containers/container_image.h"
#include "formats/containers/container_import.h"
#include "fuzz.h"
#include "import_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    formats::may_hold_container_images(bytes);
    const MemoryBlob blob(to_buffer(bytes));
    fuzz::import([&](auto& store) {
        const formats::TarFiles files(blob);
        formats::read_container_image(files, std::nullopt, store, silent_reporter());
    });
    return 0;
}
