// uses: sync store tree net base
// Lists of branches, tags, moves, packs, signatures and commits, updates, and requests for leases,
// are decoded or refused; what was decoded survives being encoded.
#include "fuzz.h"
#include "sync/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    const auto text = as_text(fuzz::input(data, size));
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_branches(sync::decode_branches(text));
        fuzz::require(sync::encode_branches(sync::decode_branches(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_tags(sync::decode_tags(text));
        fuzz::require(sync::encode_tags(sync::decode_tags(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_moves(sync::decode_moves(text));
        fuzz::require(sync::encode_moves(sync::decode_moves(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_packs(sync::decode_packs(text));
        fuzz::require(sync::encode_packs(sync::decode_packs(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_signatures(sync::decode_signatures(text));
        fuzz::require(sync::encode_signatures(sync::decode_signatures(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_commits(sync::decode_commits(text));
        fuzz::require(sync::encode_commits(sync::decode_commits(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto once = sync::encode_update(sync::decode_update(text));
        fuzz::require(sync::encode_update(sync::decode_update(once)) == once);
    });
    fuzz::allow_corrupt([&] {
        const auto lease = sync::decode_lease(text);
        fuzz::require(sync::decode_lease(sync::encode_lease(lease)) == lease);
    });
    return 0;
}
