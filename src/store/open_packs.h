// Packs that are open: the few that were used last, for a process may not have many files open.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "store/index.h"

namespace slipway::store {

/// Any thread.
class OpenPacks {
public:
    using Pack = std::shared_ptr<const PackFile>;

    static constexpr std::size_t most = 128;

    /// The pack, opened by `open` if it is not held; null if that gives none. Before one is opened,
    /// those of which `is_gone` says so are let go, so that the disk has their room.
    Pack
    get(PackNumber number,
        const std::function<Pack()>& open,
        const std::function<bool(PackNumber)>& is_gone);

private:
    Guarded<std::list<std::pair<PackNumber, Pack>>> recent_; // most recent first
};

} // namespace slipway::store
