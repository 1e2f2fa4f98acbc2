// uses: formats tree base
// An os-release file of any bytes gives facts that a commit can carry.
#include <algorithm>

#include "formats/facts.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    for (const auto& fact : formats::parse_os_release(fuzz::input(data, size))) {
        fuzz::require(!fact.name.empty());
        fuzz::require(fact.value.find('\n') == std::string::npos);
        fuzz::require(fact.name.find('\n') == std::string::npos);
    }
    return 0;
}
