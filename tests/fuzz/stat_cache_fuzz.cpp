// uses: formats tree base
// Any bytes as a stat cache, once as they are and once with the right checksum behind them.
#include <cstdint>

#include "base/digest.h"
#include "formats/stat_cache.h"
#include "fuzz.h"

namespace {

using namespace slipway;

void look(Buffer file) {
    if (const auto table = formats::StatTable::parse(std::move(file))) {
        table->find({});
        table->find({~0ULL, ~0ULL, 0, {}, {}});
        table->find({1, 2, 3, {4, 5}, {6, 7}});
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::input(data, size);
    auto file = to_buffer(bytes);
    look(file);
    const auto sum = sha256(bytes);
    file.insert(file.end(), sum.view().begin(), sum.view().end());
    look(std::move(file));
    return 0;
}
