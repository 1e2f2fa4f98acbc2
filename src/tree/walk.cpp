#include "tree/walk.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/content.h"
#include "tree/ingest.h"

namespace slipway::tree {

namespace {

struct Pending {
    std::string path;
    Digest id;
    std::size_t depth = 0;
};

/// The first of `todo`'s subdirectories ends up last, so that it is taken next.
void push_subdirectories(
    std::vector<Pending>& todo, const Pending& parent, const Directory& directory
) {
    const auto old_size = todo.size();
    for (const auto& entry : directory.entries) {
        if (const auto* node = std::get_if<Subdirectory>(&entry.node)) {
            todo.push_back({parent.path + "/" + entry.name, node->directory, parent.depth + 1});
        }
    }
    std::reverse(todo.begin() + static_cast<std::ptrdiff_t>(old_size), todo.end());
}

/// walk(), but only into directories that are `wanted`.
template <typename Wanted>
void descend(
    const Contents& contents, const Digest& tree, const Wanted& wanted, const VisitDirectory& visit
) {
    std::vector<Pending> todo{{"", tree, 0}};
    while (!todo.empty()) {
        const auto next = std::move(todo.back());
        todo.pop_back();
        if (!wanted(next.id)) {
            continue;
        }
        if (next.depth > deepest_tree) {
            throw Error(
                Fault::corrupt, fmt::format("tree {} is deeper than {}", tree.hex(), deepest_tree)
            );
        }
        const During reading([&] { return fmt::format("reading '{}/'", printable(next.path)); });
        const auto directory = load_directory(contents, next.id);
        visit(next.path, next.id, directory);
        push_subdirectories(todo, next, directory);
    }
}

/// True once for each digest.
class FirstTime {
public:
    bool operator()(const Digest& id) { return seen_.insert(id).second; }

private:
    std::unordered_set<Digest> seen_;
};

/// Calls `each` for every directory once.
void for_each_directory(const Contents& contents, const Digest& tree, const VisitDirectory& each) {
    FirstTime first_time;
    descend(
        contents, tree, [&](const Digest& id) { return first_time(id); }, each
    );
}

/// The regular files of a directory that have a payload, in the order in which they are stored.
std::vector<const Entry*> stored_files(const Directory& directory) {
    std::vector<const Entry*> files;
    for (const auto& entry : directory.entries) {
        const auto* file = std::get_if<File>(&entry.node);
        if (file != nullptr && file->size > 0) {
            files.push_back(&entry);
        }
    }
    std::sort(files.begin(), files.end(), [](const Entry* a, const Entry* b) {
        return stored_before(a->name, b->name);
    });
    return files;
}

} // namespace

const Entry* entry_named(const Directory& directory, std::string_view name) {
    const auto at = std::lower_bound(
        directory.entries.begin(),
        directory.entries.end(),
        name,
        [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; }
    );
    return at != directory.entries.end() && at->name == name ? &*at : nullptr;
}

Found find(const Contents& contents, const Digest& tree, std::string_view path) {
    Found found{{}, load_directory(contents, tree)};
    std::string walked;
    for (const auto name : split(path, '/')) {
        if (name.empty()) {
            continue;
        }
        if (!found.directory) {
            throw Error(Fault::not_found, fmt::format("{} is not a directory", printable(walked)));
        }
        walked += "/" + std::string(name);
        const auto* entry = entry_named(*found.directory, name);
        if (entry == nullptr) {
            throw Error(Fault::not_found, fmt::format("there is no {}", printable(walked)));
        }
        Found next{*entry, {}};
        if (const auto* node = std::get_if<Subdirectory>(&entry->node)) {
            next.directory = load_directory(contents, node->directory);
        }
        found = std::move(next);
    }
    return found;
}

std::optional<Found> look_up(const Contents& contents, const Digest& tree, std::string_view path) {
    Found found{{}, load_directory(contents, tree)};
    for (const auto name : split(path, '/')) {
        if (name.empty()) {
            continue;
        }
        const auto* const entry = found.directory ? entry_named(*found.directory, name) : nullptr;
        if (entry == nullptr) {
            return std::nullopt;
        }
        Found next{*entry, {}};
        if (const auto* node = std::get_if<Subdirectory>(&entry->node)) {
            next.directory = load_directory(contents, node->directory);
        }
        found = std::move(next);
    }
    return found;
}

void walk(const Contents& contents, const Digest& tree, const VisitDirectory& visit) {
    descend(
        contents, tree, [](const Digest&) { return true; }, visit
    );
}

std::vector<ObjectRef> closure(const Contents& contents, const Digest& tree) {
    std::vector<ObjectRef> objects;
    FirstTime first_time;
    const auto visit = [&](const std::string&, const Digest& id, const Directory& directory) {
        objects.push_back({id, Kind::directory});
        for (const auto* entry : stored_files(directory)) {
            const auto& file = std::get<File>(entry->node);
            if (file.size > largest_single_chunk && first_time(file.content)) {
                objects.push_back({file.content, Kind::chunk_list});
            }
        }
    };
    for_each_directory(contents, tree, visit);
    return objects;
}

void for_each_chunk(
    const Contents& contents, const Digest& tree, const std::function<void(const ChunkRef&)>& each
) {
    FirstTime first_time;
    const auto visit_list = [&](const ChunkList& list) {
        for (const auto& run : list.runs) {
            if (run.chunk && first_time(*run.chunk)) {
                each({*run.chunk, run.length});
            }
        }
    };
    const auto visit = [&](const std::string&, const Digest&, const Directory& directory) {
        for (const auto* entry : stored_files(directory)) {
            const auto& file = std::get<File>(entry->node);
            if (!first_time(file.content)) {
                continue;
            }
            if (file.size > largest_single_chunk) {
                visit_list(load_chunk_list(contents, file.content));
            } else {
                each({file.content, file.size});
            }
        }
    };
    for_each_directory(contents, tree, visit);
}

} // namespace slipway::tree
