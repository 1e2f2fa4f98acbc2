// Commits whose parents were left out on purpose, as `slipway pull --depth` does.
#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "store/state.h"

namespace slipway::store {

/// History ends at such a commit: its parents are not looked for. An absent parent of any other
/// commit is damage. Any thread;
/// several processes at once.
class Shallow {
public:
    explicit Shallow(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::unordered_set<Digest> commits() const;

    /// In one transaction, durable on return.
    void change(const std::vector<Digest>& added, const std::vector<Digest>& removed);

private:
    std::shared_ptr<State> state_;
};

} // namespace slipway::store
