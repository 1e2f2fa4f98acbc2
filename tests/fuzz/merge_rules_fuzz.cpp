// uses: tree base
// Merge rules of any text are read or refused; what was read survives being written. Any pattern
// may be matched with any path.
#include "fuzz.h"
#include "tree/merge/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto bytes = fuzz::input(data, size);
    try {
        const auto rules = tree::MergeRules::parse(bytes);
        const auto text = rules.text();
        fuzz::require(tree::MergeRules::parse(as_bytes(text)).list() == rules.list());
    } catch (const Error& error) {
        fuzz::require(error.fault() == Fault::usage);
    }
    const auto text = as_text(bytes.first(std::min<std::size_t>(size, 256)));
    const auto middle = text.size() / 2;
    tree::glob_matches(text.substr(0, middle), text.substr(middle));
    return 0;
}
