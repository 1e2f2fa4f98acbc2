// uses: tree base
// Account files of three versions, with bytes 0x1e between: passwd, group and subuid of each. New
// ids for theirs are found without a crash, and files without a clash stay as they are.
#include <array>

#include "fuzz.h"
#include "tree/merge/accounts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    using namespace slipway::tree;
    auto input = fuzz::input(data, size);
    std::array<ConstBytes, 9> files;
    for (auto& file : files) {
        std::size_t length = 0;
        while (length < input.size() && input[length] != std::byte{0x1e}) {
            ++length;
        }
        file = input.first(length);
        input = input.subspan(std::min(length + 1, input.size()));
    }
    const auto version = [&](std::size_t first) {
        return AccountFiles{files[first], files[first + 1], files[first + 2], files[first + 2]};
    };
    const AccountVersions versions{version(0), version(3), version(6)};
    const auto plan = reassign_ids(versions);
    fuzz::require(find_id_clashes(versions).size() == plan.clashes.size());
    if (plan.clashes.empty()) {
        fuzz::require(plan.uids.empty() && plan.gids.empty());
        fuzz::require(fuzz::equal(plan.passwd, versions.theirs.passwd));
        fuzz::require(fuzz::equal(plan.group, versions.theirs.group));
        fuzz::require(fuzz::equal(plan.subuid, versions.theirs.subuid));
    }
    for (const auto& clash : plan.clashes) {
        fuzz::require(!describe(clash).empty());
    }
    return 0;
}
