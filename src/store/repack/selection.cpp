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

using Packs = std::vector<std::pair<PackNumber, std::shared_ptr<const PackFile>>>;

Packs open_packs(const Repository& repository) {
    Packs packs;
    for (const auto& [number, name] : repository.index().packs()) {
        auto pack = repository.pack(number);
        if (!pack) {
            throw Error(Fault::corrupt, fmt::format("pack {} is missing", name.hex()))
                .hint("run `slipway fsck`");
        }
        packs.emplace_back(number, std::move(pack));
    }
    return packs;
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
    const auto packs = open_packs(repository);
    const auto in_use = packs_in_use(repository.index());
    const auto may_stay = [&](PackNumber number, const PackFile& pack) {
        return in_use.contains(number) && is_packed_well(pack, options);
    };
    const auto any = std::any_of(packs.begin(), packs.end(), [&](const auto& pack) {
        return !may_stay(pack.first, *pack.second);
    });
    Selection selection;
    for (const auto& [number, pack] : packs) {
        const auto is_small = pack->size() < options.pack_bytes / small_share;
        auto frames = pack->read_index();
        if (any && (is_small || !may_stay(number, *pack))) {
            selection.packs.push_back({pack->name(), std::move(frames)});
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
