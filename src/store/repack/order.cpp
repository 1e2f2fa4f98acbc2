#include "store/repack/order.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "store/completeness.h"
#include "tree/content.h"
#include "tree/ingest.h"
#include "tree/walk.h"

namespace slipway::store {

namespace {

constexpr std::uint32_t unlisted = UINT32_MAX;

/// What is known of an object from who refers to it.
struct Use {
    Group group = Group::cold;
    std::uint32_t rank = unlisted; ///< in the hot list
    std::uint32_t met = 0;         ///< counts the objects as they are met first
};

/// Walks all trees, each directory once.
class Uses {
public:
    Uses(const Repository& repository, const HotList& hot) : repository_(repository), hot_(hot) {}

    void add_commit(const Digest& id, const tree::Commit& commit) {
        add(id, Group::metadata, unlisted);
        walk("", commit.tree, 0);
    }

    /// Nothing if nobody refers to it.
    const Use* find(const Digest& id) const {
        const auto found = uses_.find(id);
        return found == uses_.end() ? nullptr : &found->second;
    }

private:
    // NOLINTNEXTLINE(misc-no-recursion): no deeper than deepest_tree.
    void walk(const std::string& path, const Digest& id, std::size_t depth) {
        if (depth > tree::deepest_tree) {
            throw Error(Fault::corrupt, "a tree is nested too deep");
        }
        if (!walked_.insert(id).second) {
            return;
        }
        add(id, Group::metadata, unlisted);
        const auto directory = tree::load_directory(repository_, id);
        std::vector<const tree::Entry*> files;
        for (const auto& entry : directory.entries) {
            if (std::holds_alternative<tree::File>(entry.node)) {
                files.push_back(&entry);
            }
        }
        std::sort(files.begin(), files.end(), [](const auto* a, const auto* b) {
            return tree::stored_before(a->name, b->name);
        });
        for (const auto* entry : files) {
            add_file(path + "/" + entry->name, std::get<tree::File>(entry->node));
        }
        for (const auto& entry : directory.entries) {
            if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
                walk(path + "/" + entry.name, below->directory, depth + 1);
            }
        }
    }

    void add_file(const std::string& path, const tree::File& file) {
        if (file.size == 0) {
            return;
        }
        const auto rank = hot_.rank(path, file.content);
        const auto group = rank ? Group::hot : group_of(path, file.size);
        if (file.size <= tree::largest_single_chunk) {
            add(file.content, group, rank.value_or(unlisted));
            return;
        }
        add(file.content, Group::metadata, unlisted);
        for (const auto& run : tree::load_chunk_list(repository_, file.content).runs) {
            if (run.chunk) {
                const auto own = hot_.rank("", *run.chunk);
                add(*run.chunk, own ? Group::hot : group, own.value_or(rank.value_or(unlisted)));
            }
        }
    }

    /// The hottest of its uses counts.
    void add(const Digest& id, Group group, std::uint32_t rank) {
        const auto met = static_cast<std::uint32_t>(uses_.size());
        const auto [known, is_new] = uses_.try_emplace(id, Use{group, rank, met});
        if (!is_new) {
            known->second.group = std::min(known->second.group, group);
            known->second.rank = std::min(known->second.rank, rank);
        }
    }

    const Repository& repository_;
    const HotList& hot_;
    std::unordered_map<Digest, Use> uses_;
    std::unordered_set<Digest> walked_;
};

/// Every commit that has a name or comes before one, oldest first.
std::vector<std::pair<Digest, tree::Commit>> all_commits(const Repository& repository) {
    std::vector<std::pair<Digest, tree::Commit>> commits;
    for (const auto& id : known_commits(repository)) {
        commits.emplace_back(id, tree::load_commit(repository, id));
    }
    std::sort(commits.begin(), commits.end(), [](const auto& a, const auto& b) {
        return std::tie(a.second.time, a.first) < std::tie(b.second.time, b.first);
    });
    return commits;
}

Uses find_uses(const Repository& repository, const HotList& hot, Reporter& reporter) {
    const auto commits = all_commits(repository);
    Task task(reporter, "reading trees", Unit::items, commits.size());
    Uses uses(repository, hot);
    for (const auto& [id, commit] : commits) {
        uses.add_commit(id, commit);
        task.advance(1);
    }
    return uses;
}

/// An object with all that decides its place.
struct Placed {
    OrderedObject object;
    std::uint32_t rank = unlisted;
    std::uint32_t met = unlisted; ///< unlisted: nobody refers to it
    Location location{};          ///< of those, where they lie decides

    auto key() const {
        return std::tie(
            object.group, rank, met, location.pack, location.frame.offset, location.offset
        );
    }
};

} // namespace

std::vector<OrderedObject> order_objects(
    const Repository& repository,
    const std::unordered_set<PackNumber>& packs,
    const HotList& hot,
    Reporter& reporter
) {
    const auto uses = find_uses(repository, hot, reporter);
    std::vector<Placed> placed;
    const auto take = [&](const Digest& id, const Location& location) {
        if (!packs.contains(location.pack) || location.kind == dictionary_kind) {
            return;
        }
        const auto is_chunk = location.kind == Kind::chunk;
        Placed object{{id, location.kind, location.length, Group::cold}, unlisted, unlisted, {}};
        if (const auto* use = uses.find(id)) {
            object.object.group = use->group;
            object.rank = use->rank;
            object.met = use->met;
        } else {
            object.location = location;
        }
        object.object.group = is_chunk ? object.object.group : Group::metadata;
        placed.push_back(object);
    };
    repository.index().each(take);
    repository.index().each_condemned(take
    ); // they wait to be collected, and can be read until then
    std::sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) {
        return a.key() < b.key();
    });
    std::vector<OrderedObject> ordered;
    ordered.reserve(placed.size());
    for (const auto& object : placed) {
        ordered.push_back(object.object);
    }
    return ordered;
}

Buffer read_object(const Contents& contents, const Digest& id) {
    const auto blob = contents.open(id);
    if (!blob) {
        throw Error(Fault::corrupt, fmt::format("object {} is missing", id.hex()))
            .hint("run `slipway fsck`");
    }
    return read_all(*blob, largest_frame);
}

} // namespace slipway::store
