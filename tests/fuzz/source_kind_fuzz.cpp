// uses: formats tree base
// Any bytes as the beginning of a source, and as a kernel: no crash, no surprise.
#include "formats/images/live_media.h"
#include "formats/source_kind.h"
#include "fuzz.h"
#include "import_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    const MemoryBlob blob(to_buffer(bytes));
    if (const auto release = formats::kernel_release(blob)) {
        fuzz::require(!release->empty() && release->find('/') == std::string::npos);
    }
    fuzz::import([&](auto& /*store*/) { formats::recognise(bytes); });
    return 0;
}
