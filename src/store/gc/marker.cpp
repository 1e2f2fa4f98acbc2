#include "store/gc/marker.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "tree/content.h"

namespace slipway::store {

/// What waits to be read, newest first: so it stays short.
struct Marker::Queue {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Item> waiting;
    std::size_t at_work = 0;
    std::exception_ptr error;

    /// Waits for an item; nothing if there will be none.
    std::optional<Item> take() {
        std::unique_lock held(mutex);
        changed.wait(held, [&] { return !waiting.empty() || at_work == 0 || error; });
        if (waiting.empty() || error) {
            return std::nullopt;
        }
        const auto item = waiting.back();
        waiting.pop_back();
        ++at_work;
        return item;
    }

    /// Ends the work on an item.
    void give(const std::vector<Item>& found) {
        const std::scoped_lock held(mutex);
        waiting.insert(waiting.end(), found.begin(), found.end());
        --at_work;
        changed.notify_all();
    }

    void fail() {
        const std::scoped_lock held(mutex);
        error = error ? error : std::current_exception();
        changed.notify_all();
    }
};

void Marker::mark(const std::vector<Digest>& roots) {
    Queue queue;
    for (const auto& id : roots) {
        const auto location = repository_.index().find(id);
        if (!location) {
            throw Error(Fault::corrupt, fmt::format("commit {} is missing", id.hex()))
                .hint("`slipway fsck` tells who names it; nothing was collected");
        }
        add(queue.waiting, id, location->kind);
    }
    for (const auto& parent : newly_deep()) {
        add(queue.waiting, parent, Kind::commit);
    }
    Task task(reporter_, "marking what is needed", Unit::items);
    {
        std::vector<std::jthread> threads;
        const auto cores = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < cores; ++i) {
            threads.emplace_back([&] { work(queue, task); });
        }
    }
    if (queue.error) {
        std::rethrow_exception(queue.error);
    }
}

/// Reads which commits are shallow now; returns the parents of those that no longer are, which
/// marking has passed over.
std::vector<Digest> Marker::newly_deep() {
    const auto before = std::exchange(shallow_, repository_.shallow().commits());
    std::vector<Digest> parents;
    for (const auto& id : before) {
        if (!shallow_.contains(id) && repository_.index().find(id)) {
            const auto commit = tree::load_commit(repository_, id);
            parents.insert(parents.end(), commit.parents.begin(), commit.parents.end());
        }
    }
    return parents;
}

void Marker::work(Queue& queue, Task& task) {
    try {
        while (const auto item = queue.take()) {
            queue.give(needed_by(*item));
            task.advance(1);
        }
    } catch (...) {
        queue.fail();
    }
}

/// What an object refers to and nobody has met before.
std::vector<Marker::Item> Marker::needed_by(const Item& item) {
    const During marking([&] { return "marking what " + item.id.hex() + " needs"; });
    std::vector<Item> found;
    if (item.kind == Kind::commit) {
        const auto commit = tree::load_commit(repository_, item.id);
        if (!shallow_.contains(item.id)) {
            for (const auto& parent : commit.parents) {
                add(found, parent, Kind::commit);
            }
        }
        add(found, commit.tree, Kind::directory);
    } else if (item.kind == Kind::directory) {
        for (const auto& entry : tree::load_directory(repository_, item.id).entries) {
            if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
                add(found, below->directory, Kind::directory);
            } else if (const auto* file = std::get_if<tree::File>(&entry.node);
                       file != nullptr && file->size > 0) {
                const auto is_long = file->size > tree::largest_single_chunk;
                add(found, file->content, is_long ? Kind::chunk_list : Kind::chunk);
            }
        }
    } else if (item.kind == Kind::chunk_list) {
        for (const auto& run : tree::load_chunk_list(repository_, item.id).runs) {
            if (run.chunk) {
                add(found, *run.chunk, Kind::chunk);
            }
        }
    }
    return found;
}

/// Marks an object, and has it read if it is met the first time. Chunks need nothing.
void Marker::add(std::vector<Item>& found, const Digest& id, Kind kind) {
    if (kind == Kind::chunk) {
        ids_.mark(id);
    } else if (is_first(id)) {
        found.push_back({id, kind});
    }
}

bool Marker::is_first(const Digest& id) {
    const auto mark = ids_.mark(id);
    return mark == IdSet::Mark::made ||
           (mark == IdSet::Mark::not_in_set && later_.lock()->insert(id).second);
}

} // namespace slipway::store
