// Marks everything that some objects need, down to the last chunk.
#pragma once

#include <unordered_set>
#include <vector>

#include "base/guarded.h"
#include "base/reporter.h"
#include "store/gc/id_set.h"
#include "store/repository.h"

namespace slipway::store {

/// On all cores, each object once, however many commits have it. Writers may be at work meanwhile.
///
/// Memory: what waits to be read, and the ids of what came after `ids` was made.
class Marker {
public:
    /// All outlive it.
    Marker(const Repository& repository, IdSet& ids, Reporter& reporter)
        : repository_(repository), ids_(ids), reporter_(reporter) {}

    /// Marks `roots`, commits or directories, and all beneath them. Throws Fault::not_found or
    /// corrupt if something beneath is missing or damaged: nobody knows what that needs.
    void mark(const std::vector<Digest>& roots);

private:
    struct Item {
        Digest id;
        Kind kind = Kind::commit;
    };

    struct Queue;

    std::vector<Digest> newly_deep();
    void work(Queue& queue, Task& task);
    std::vector<Item> needed_by(const Item& item);
    bool is_first(const Digest& id);
    void add(std::vector<Item>& found, const Digest& id, Kind kind);

    const Repository& repository_;
    IdSet& ids_;
    Reporter& reporter_;
    std::unordered_set<Digest> shallow_;        // commits whose parents were left out on purpose
    Guarded<std::unordered_set<Digest>> later_; // met, and not in ids_
};

} // namespace slipway::store
