// What a check of a repository has found so far.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/guarded.h"
#include "store/fsck.h"
#include "store/pack.h"

namespace slipway::store {

/// An object that was read and hashes to its name.
struct WholeObject {
    Kind kind = Kind::chunk;
    std::uint32_t length = 0;
    bool should_be_indexed = false; ///< its pack, or one of them, is
};

using WholeObjects = std::unordered_map<Digest, WholeObject>;

constexpr std::size_t most_problems = 1000;

/// Gathers from all threads.
class Findings {
public:
    void problem(std::string subject, std::string fact) {
        const auto state = state_.lock();
        if (state->problems.size() < most_problems) {
            state->problems.push_back({std::move(subject), std::move(fact)});
        }
    }

    /// A pack that is on disk and is not what its name says.
    void damaged_pack(const Digest& pack) { state_.lock()->damaged_packs.insert(pack); }

    void whole(const std::vector<FrameObject>& objects, bool should_be_indexed) {
        const auto state = state_.lock();
        for (const auto& object : objects) {
            auto& whole = state->objects[object.id];
            whole.kind = object.kind;
            whole.length = object.length;
            whole.should_be_indexed |= should_be_indexed;
        }
    }

    std::vector<Problem> take_problems() { return std::move(state_.lock()->problems); }

    std::vector<Digest> damaged_packs() {
        const auto state = state_.lock();
        return {state->damaged_packs.begin(), state->damaged_packs.end()};
    }

    WholeObjects take_objects() { return std::move(state_.lock()->objects); }

private:
    struct State {
        std::vector<Problem> problems;
        std::unordered_set<Digest> damaged_packs;
        WholeObjects objects;
    };

    Guarded<State> state_;
};

} // namespace slipway::store
