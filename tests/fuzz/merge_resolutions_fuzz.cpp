// uses: tree base
// Resolutions of any text are read or refused; what was read survives being written.
#include "fuzz.h"
#include "tree/merge/resolutions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    try {
        const auto choices = tree::Resolutions::parse(bytes);
        const auto text = choices.text();
        fuzz::require(tree::Resolutions::parse(as_bytes(text)).list() == choices.list());
        for (const auto& [path, choice] : choices.list()) {
            fuzz::require(choices.find(path)->choice == choice);
        }
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::usage);
    }
    return 0;
}
