#include "tree/needs.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/ingest.h"
#include "tree/walk.h"

namespace slipway::tree {

namespace {

/// The files of a directory that have payload, in the order in which they are stored.
std::vector<const Entry*> files_of(const Directory& directory) {
    std::vector<const Entry*> files;
    for (const auto& entry : directory.entries) {
        const auto* const file = std::get_if<File>(&entry.node);
        if (file != nullptr && file->size > 0) {
            files.push_back(&entry);
        }
    }
    std::sort(files.begin(), files.end(), [](const Entry* a, const Entry* b) {
        return stored_before(a->name, b->name);
    });
    return files;
}

/// The directory that `base` has under a name; nothing if it has none, or is none itself.
std::optional<Digest> below(const std::optional<Directory>& base, const std::string& name) {
    const auto* const entry = base ? entry_named(*base, name) : nullptr;
    const auto* const node = entry != nullptr ? std::get_if<Subdirectory>(&entry->node) : nullptr;
    return node != nullptr ? std::optional(node->directory) : std::nullopt;
}

} // namespace

void Needs::add(const Digest& tree, const std::optional<Digest>& base) {
    add_directory(tree, base, 0);
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than deepest_tree.
void Needs::add_directory(const Digest& id, const std::optional<Digest>& base, std::size_t depth) {
    if (id == base || !told_.insert(id).second) {
        return;
    }
    if (depth > deepest_tree) {
        throw Error(Fault::corrupt, fmt::format("directory {} is nested too deep", id.hex()));
    }
    if (visit_({id, Kind::directory}) == Descend::no) {
        return;
    }
    const auto directory = load_directory(contents_, id);
    std::optional<Directory> old;
    if (base) {
        old = load_directory(contents_, *base);
    }
    for (const auto* entry : files_of(directory)) {
        const auto* const same = old ? entry_named(*old, entry->name) : nullptr;
        if (same == nullptr || same->node != entry->node) {
            add_file(std::get<File>(entry->node));
        }
    }
    for (const auto& entry : directory.entries) {
        if (const auto* const node = std::get_if<Subdirectory>(&entry.node)) {
            add_directory(node->directory, below(old, entry.name), depth + 1);
        }
    }
}

void Needs::add_file(const File& file) {
    if (!told_.insert(file.content).second) {
        return;
    }
    if (file.size <= largest_single_chunk) {
        visit_({file.content, Kind::chunk, file.size});
        return;
    }
    if (visit_({file.content, Kind::chunk_list}) == Descend::no) {
        return;
    }
    const auto list = load_chunk_list(contents_, file.content);
    if (list.size() != file.size) {
        throw Error(
            Fault::corrupt,
            fmt::format(
                "chunk list {} is not that of a file of {} bytes", file.content.hex(), file.size
            )
        );
    }
    for (const auto& run : list.runs) {
        if (run.chunk && told_.insert(*run.chunk).second) {
            visit_({*run.chunk, Kind::chunk, run.length});
        }
    }
}

} // namespace slipway::tree
