#include "store/repack/selection.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/repack/frames.h"

namespace slipway::store {

namespace {

/// A pack of less than this share of a full one is small.
constexpr std::uint64_t small_share = 4;

bool is_packed_well(const PackFile& pack, const RepackOptions& options) {
    return options.scope != RepackScope::everything && pack.making() &&
           pack.making()->layout == layout_version && pack.making()->level >= options.level;
}

/// There may be more packs than a process can have open.
std::shared_ptr<const PackFile> open(const Repository& repository, PackNumber number) {
    auto pack = repository.pack(number);
    if (!pack) {
        throw Error(Fault::corrupt, fmt::format("pack {} of the index is missing", number))
            .hint("run `slipway fsck`");
    }
    return pack;
}

/// The packs that anything is read from. Others are left by a process that died.
std::unordered_set<PackNumber> packs_in_use(const ObjectIndex& index) {
    std::unordered_set<PackNumber> numbers;
    const auto note = [&](const Digest&, const Location& location) {
        if (location.kind != dictionary_kind) {
            numbers.insert(location.pack);
        }
    };
    index.each(note);
    index.each_condemned(note);
    return numbers;
}

} // namespace

Selection select_packs(const Repository& repository, const RepackOptions& options) {
    const auto packs = repository.index().packs();
    const auto in_use = packs_in_use(repository.index());
    const auto may_stay = [&](PackNumber number, const PackFile& pack) {
        return in_use.contains(number) && is_packed_well(pack, options);
    };
    const auto any = std::any_of(packs.begin(), packs.end(), [&](const auto& pack) {
        return !may_stay(pack.first, *open(repository, pack.first));
    });
    Selection selection;
    for (const auto& [number, name] : packs) {
        const auto pack = open(repository, number);
        const auto is_small = pack->size() < options.pack_bytes / small_share;
        auto frames = pack->read_index();
        if (any && (is_small || !may_stay(number, *pack))) {
            selection.packs.push_back({name, std::move(frames)});
            selection.numbers.insert(number);
            selection.bytes += pack->size();
            continue;
        }
        ++selection.kept;
        for (const auto& frame : frames) {
            if (needs_dictionary(frame.place)) {
                ++selection.dictionaries[frame.place.dictionary];
            }
        }
    }
    return selection;
}

} // namespace slipway::store
