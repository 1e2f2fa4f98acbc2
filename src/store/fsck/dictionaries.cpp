#include "store/fsck/dictionaries.h"

#include <fmt/format.h>

#include "store/retired.h"

namespace slipway::store {

PackDictionaries::PackDictionaries(RepositoryPaths paths, const std::vector<Digest>& packs)
    : paths_(std::move(paths)) {
    for (const auto& pack : packs) {
        try {
            find_in(pack);
        } catch (const Error&) {
            continue; // damaged: told by who checks it
        }
    }
}

void PackDictionaries::find_in(const Digest& pack) {
    const auto file = open_pack(paths_, pack);
    if (!file || !file->making()) {
        return; // version 1 has none
    }
    for (const auto& frame : file->read_index()) {
        for (const auto& object : frame.objects) {
            if (object.kind == dictionary_kind && !needs_dictionary(frame.place)) {
                places_[object.id].push_back({pack, frame.place, object});
            }
        }
    }
}

DictionaryCache::Bytes PackDictionaries::get(const Digest& id) {
    return cache_.get(id, [&] { return load(id); });
}

DictionaryCache::Bytes PackDictionaries::load(const Digest& id) const {
    const auto known = places_.find(id);
    const auto places = known == places_.end() ? std::vector<Place>() : known->second;
    for (const auto& place : places) {
        try {
            return load(place);
        } catch (const Error&) {
            continue; // any of the packs that have it will do
        }
    }
    throw Error(Fault::corrupt, fmt::format("dictionary {} is missing or damaged", id.hex()));
}

DictionaryCache::Bytes PackDictionaries::load(const Place& place) const {
    const auto pack = open_pack(paths_, place.pack);
    if (!pack) {
        throw Error(Fault::corrupt, fmt::format("pack {} is missing", place.pack.hex()));
    }
    Buffer stored(place.frame.stored_length);
    pack->blob().read_at(place.frame.offset, stored);
    const auto raw = decode_frame(place.frame, stored);
    const auto bytes = ConstBytes(raw).subspan(place.object.offset, place.object.length);
    verify_dictionary(place.object.id, bytes);
    return std::make_shared<const Buffer>(to_buffer(bytes));
}

} // namespace slipway::store
