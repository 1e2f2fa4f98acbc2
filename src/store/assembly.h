// A pack made of chosen objects, out of the packs they lie in.
#pragma once

#include <vector>

#include "store/repository.h"

namespace slipway::store {

/// Writes a pack of `objects`, each once, to `out`, which it does not finish. Frames that are
/// wanted whole are copied as they lie: nothing is compressed anew, and nothing of them verified.
/// Of others, what is wanted is read, verified and packed. Throws Fault::not_found, naming the
/// first object that is absent, before anything is written.
FinishedPack
write_pack_of(const Repository& repository, const std::vector<Digest>& objects, Sink& out);

} // namespace slipway::store
