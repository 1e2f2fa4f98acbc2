// Dictionaries, found by reading the packs themselves: who checks a repository trusts no index.
#pragma once

#include <unordered_map>
#include <vector>

#include "store/dictionary_cache.h"
#include "store/pack.h"
#include "store/paths.h"

namespace slipway::store {

/// Any thread.
class PackDictionaries {
public:
    /// Reads the indexes of those of the packs that may have dictionaries. Damaged ones are passed
    /// over: who checks them tells of it.
    PackDictionaries(RepositoryPaths paths, const std::vector<Digest>& packs);

    /// The dictionary's bytes, verified, from whichever pack has them whole. Throws Fault::corrupt
    /// if none has.
    DictionaryCache::Bytes get(const Digest& id);

private:
    struct Place {
        Digest pack;
        FramePlace frame;
        FrameObject object;
    };

    DictionaryCache::Bytes load(const Digest& id) const;
    DictionaryCache::Bytes load(const Place& place) const;
    void find_in(const Digest& pack);

    RepositoryPaths paths_;
    std::unordered_map<Digest, std::vector<Place>> places_;
    DictionaryCache cache_;
};

} // namespace slipway::store
