// Packs whose place others have taken.
//
// A reader may know a pack by what an index or a server said some time ago. So a pack that goes
// moves to packs/retired/ and stays there for a while. One that is there and that the index still
// names is part of the repository like any other: the process that retired it died on the way.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "store/repository.h"

namespace slipway::store {

/// The file of a pack, wherever it is. Nothing if it is neither in packs/ nor in packs/retired/.
FileDescriptor open_pack_file(const RepositoryPaths& paths, const Digest& pack);

/// The same as a pack, or null. Throws Fault::corrupt if it is damaged.
std::shared_ptr<const PackFile> open_pack(const RepositoryPaths& paths, const Digest& pack);

/// Lets `added`, which are durable in packs/, take the place of `removed`, as
/// ObjectIndex::replace() says, and retires the files of those. One that a writer has made again
/// meanwhile stays, and so does one that was written again as it is. A death at any moment leaves
/// the objects where they can be read. One process at a time, by CollectorLock.
///
/// `dictionaries`, of removed packs and in no added one, go with them; a pack whose dictionary is
/// needed by then, because a frame came that uses it, stays.
void exchange_packs(
    const Repository& repository,
    const std::vector<PackContents>& removed,
    const std::vector<PackContents>& added,
    const std::vector<Digest>& dictionaries = {}
);

struct RetiredPacks {
    std::uint64_t packs = 0;
    std::uint64_t bytes = 0;
};

/// Deletes the packs that were retired `grace` ago or earlier, but for those that the index names
/// and packs/ lacks; returns how many that were.
RetiredPacks delete_retired(const Repository& repository, std::chrono::seconds grace);

} // namespace slipway::store
