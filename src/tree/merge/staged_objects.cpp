#include "tree/merge/staged_objects.h"

#include <algorithm>
#include <optional>

#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/ingest_sink.h"

namespace slipway::tree {

std::unique_ptr<Blob> StagedObjects::open(const Digest& id) const {
    const auto at = objects_.find(id);
    return at == objects_.end() ? beneath_.open(id) : std::make_unique<MemoryBlob>(at->second);
}

Digest StagedObjects::keep(Bytes bytes) {
    const auto id = sha256(*bytes);
    objects_.emplace(id, std::move(bytes));
    return id;
}

Digest StagedObjects::add(Kind kind, Buffer encoded) {
    const auto bytes = std::make_shared<const Buffer>(std::move(encoded));
    others_.emplace_back(kind, bytes);
    return keep(bytes);
}

File StagedObjects::add_file(Buffer bytes) {
    if (bytes.empty()) {
        return {};
    }
    File file{bytes.size(), {}};
    const auto kept = std::make_shared<const Buffer>(std::move(bytes));
    if (file.size <= largest_single_chunk) {
        file.content = keep(kept);
    } else {
        keep_runs(kept, file);
    }
    files_.push_back(kept);
    return file;
}

void StagedObjects::keep_runs(const Bytes& bytes, File& file) {
    ChunkList list;
    Cutter cutter([&](std::uint64_t length, ConstBytes run) {
        list.runs.push_back(
            {length,
             run.empty() ? std::nullopt
                         : std::optional(keep(std::make_shared<const Buffer>(to_buffer(run))))}
        );
    });
    cutter.data(*bytes);
    cutter.end();
    file.content = keep(std::make_shared<const Buffer>(encode(list)));
}

void StagedObjects::put_into(Ingest& ingest) const {
    IngestSink sink(ingest);
    for (const auto& file : files_) {
        sink.add_file(*file);
    }
    ingest.settle();
    for (const auto& [kind, bytes] : others_) {
        sink.add(kind, *bytes);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): once for each part of the path.
Digest with_file(
    const Contents& contents,
    MergeSink& sink,
    const Digest& tree,
    std::string_view path,
    Buffer bytes
) {
    while (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    auto directory = load_directory(contents, tree);
    const auto entry =
        std::find_if(directory.entries.begin(), directory.entries.end(), [&](const Entry& at) {
            return at.name == name;
        });
    if (entry == directory.entries.end()) {
        return tree;
    }
    if (slash == std::string_view::npos) {
        if (!std::holds_alternative<File>(entry->node) || entry->link) {
            return tree;
        }
        entry->node = sink.add_file(std::move(bytes));
    } else {
        auto* const below = std::get_if<Subdirectory>(&entry->node);
        if (below == nullptr) {
            return tree;
        }
        below->directory =
            with_file(contents, sink, below->directory, path.substr(slash), std::move(bytes));
    }
    return sink.add(Kind::directory, encode(directory));
}

} // namespace slipway::tree
