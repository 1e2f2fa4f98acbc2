// The key sets of a repository: a chain that only grows (docs/format/keys.md). None: nothing in the
// repository needs a signature.
//
// Sets are bytes here; what they say is checked by who adds one (heads.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/state.h"

namespace slipway::store {

/// Any thread; several processes at once.
class KeySets {
public:
    explicit KeySets(std::shared_ptr<State> state);

    /// All of them with their signatures, one after the other; empty if there are none.
    std::string chain() const;

    std::optional<std::string> newest() const;

    /// Durable on return. Throws Fault::refused unless `sequence` follows the newest.
    void add(std::int64_t sequence, const std::string& key_set);

private:
    std::shared_ptr<State> state_;
};

} // namespace slipway::store
