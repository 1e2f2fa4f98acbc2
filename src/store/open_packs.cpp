#include "store/open_packs.h"

#include <algorithm>

namespace slipway::store {

OpenPacks::Pack OpenPacks::get(
    PackNumber number,
    const std::function<Pack()>& open,
    const std::function<bool(PackNumber)>& is_gone
) {
    const auto recent = recent_.lock();
    const auto known = std::find_if(recent->begin(), recent->end(), [&](const auto& held) {
        return held.first == number;
    });
    if (known != recent->end()) {
        recent->splice(recent->begin(), *recent, known);
        return known->second;
    }
    recent->remove_if([&](const auto& held) { return is_gone(held.first); });
    auto pack = open();
    if (pack) {
        recent->emplace_front(number, pack);
        recent->resize(std::min(recent->size(), most));
    }
    return pack;
}

} // namespace slipway::store
