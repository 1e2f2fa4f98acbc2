#include "tree/ancestry.h"

#include <unordered_set>

namespace slipway::tree {

namespace {

/// Commits of which each is given once, those nearest to the tips first.
class Walk {
public:
    explicit Walk(const std::vector<Digest>& tips) { add(tips); }

    void add(const std::vector<Digest>& commits) {
        for (const auto& id : commits) {
            if (seen_.insert(id).second) {
                found_.push_back(id);
            }
        }
    }

    bool at_end() const { return next_ == found_.size(); }

    Digest next() { return found_[next_++]; }

    std::vector<Digest> take() && { return std::move(found_); }

private:
    std::vector<Digest> found_; // in the order in which they are given
    std::size_t next_ = 0;
    std::unordered_set<Digest> seen_;
};

} // namespace

std::vector<Digest> ancestry(const std::vector<Digest>& tips, const ParentsOf& parents_of) {
    Walk walk(tips);
    while (!walk.at_end()) {
        walk.add(parents_of(walk.next()));
    }
    return std::move(walk).take();
}

bool is_ancestor(const Digest& ancestor, const Digest& commit, const ParentsOf& parents_of) {
    Walk walk({commit});
    while (!walk.at_end()) {
        const auto id = walk.next();
        if (id == ancestor) {
            return true;
        }
        walk.add(parents_of(id));
    }
    return false;
}

} // namespace slipway::tree
