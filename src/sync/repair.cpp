#include "sync/repair.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "store/ingestion.h"
#include "store/intake.h"
#include "sync/peer.h"
#include "sync/remote_view.h"
#include "tree/content.h"

namespace slipway::sync {

namespace {

constexpr std::size_t most_missing = 100'000; ///< looked for in one round
constexpr std::size_t batch_objects = 48;     ///< chunks of any length fit into one answer

std::vector<Digest> all_named(const store::Repository& repository) {
    std::vector<Digest> commits;
    for (const auto& branch : repository.branches().list()) {
        for (const auto& move : repository.branches().reflog(branch.name)) {
            commits.push_back(move.commit);
        }
    }
    for (const auto& tag : repository.branches().tags()) {
        commits.push_back(tag.commit);
    }
    return commits;
}

/// Fetches from one source.
class Source {
public:
    Source(store::Repository& repository, const MirrorOptions& options, Reporter& reporter)
        : repository_(repository), options_(options), reporter_(reporter), peer_(options, reporter),
          intake_(repository), ingestion_(repository, {}) {}

    void fetch(const std::vector<store::Missing>& missing) {
        for (std::size_t at = 0; at < missing.size(); at += batch_objects) {
            const auto end = std::min(at + batch_objects, missing.size());
            fetch_packed(
                {missing.begin() + static_cast<std::ptrdiff_t>(at),
                 missing.begin() + static_cast<std::ptrdiff_t>(end)}
            );
        }
        if (!peer_.makes_packs()) {
            fetch_singly();
        }
        ingestion_.finish();
    }

private:
    /// A pack comes whole or not at all: halves tell what is not there.
    // NOLINTNEXTLINE(misc-no-recursion): each half is smaller.
    void fetch_packed(const std::vector<store::Missing>& objects) {
        if (peer_.makes_packs() && assemble(objects)) {
            return;
        }
        if (!peer_.makes_packs()) {
            unserved_.insert(unserved_.end(), objects.begin(), objects.end());
        } else if (objects.size() > 1) {
            const auto middle = objects.begin() + static_cast<std::ptrdiff_t>(objects.size() / 2);
            fetch_packed({objects.begin(), middle});
            fetch_packed({middle, objects.end()});
        }
    }

    bool assemble(const std::vector<store::Missing>& objects) {
        std::vector<Digest> ids;
        for (const auto& object : objects) {
            ids.push_back(object.id);
        }
        const auto file = intake_.directory() / fmt::format("{}-repair.part", getpid());
        store::VerifiedPack pack;
        if (!peer_.assemble(ids, file, [&] { pack = store::verify_pack(file); })) {
            unlink(file.c_str());
            return false;
        }
        intake_.take(pack);
        return true;
    }

    /// From a server that makes no packs.
    void fetch_singly() {
        std::map<Digest, std::vector<store::Missing>> by_tree;
        for (const auto& object : unserved_) {
            if (object.kind == tree::Kind::commit) {
                if (auto encoded = peer_.commit(object.id)) {
                    ingestion_.add_object(object.kind, *std::move(encoded));
                }
            } else {
                by_tree[tree::load_commit(repository_, object.commit).tree].push_back(object);
            }
        }
        for (const auto& [tree, objects] : by_tree) {
            fetch_of_tree(tree, objects);
        }
    }

    void fetch_of_tree(const Digest& tree, const std::vector<store::Missing>& objects) {
        const TemporaryDirectory scratch(repository_.paths().cache());
        RemoteOptions remote{.mirrors = options_, .fetcher = {}};
        remote.fetcher.cache_directory = scratch.path();
        RemoteView view(std::move(remote), reporter_);
        view.prepare(tree);
        std::vector<Digest> ids;
        for (const auto& object : objects) {
            ids.push_back(object.id);
        }
        view.fetch_chunks(tree, ids, reporter_);
        for (const auto& object : objects) {
            if (const auto blob = view.open(object.id)) {
                ingestion_.add_object(object.kind, read_all(*blob, tree::largest_object));
            }
        }
    }

    store::Repository& repository_;
    MirrorOptions options_;
    Reporter& reporter_;
    Peer peer_;
    store::Intake intake_;
    store::Ingestion ingestion_;
    std::vector<store::Missing> unserved_;
};

/// What of a list is still absent.
std::vector<store::Missing>
still_missing(const store::Repository& repository, std::vector<store::Missing> missing) {
    std::erase_if(missing, [&](const store::Missing& object) {
        return repository.index().find(object.id).has_value();
    });
    return missing;
}

} // namespace

RepairTotals repair(
    store::Repository& repository, const std::vector<MirrorOptions>& sources, Reporter& reporter
) {
    RepairTotals totals;
    store::CompletenessQuestion question{
        .commits = all_named(repository),
        .known = {},
        .shallow = repository.shallow().commits(),
        .limit = most_missing};
    Task task(reporter, "fetching what was lost", Unit::items);
    // What is in a directory that was lost is known once that is back.
    for (;;) {
        auto missing = find_missing(repository, question);
        const auto before = missing.size();
        for (const auto& source : sources) {
            if (missing.empty()) {
                break;
            }
            try {
                Source(repository, source, reporter).fetch(missing);
            } catch (const Error& error) {
                check_interrupt();
                // Another one may have it. What the network did has been told.
                if (error.fault() != Fault::unavailable) {
                    reporter.notice(error.what());
                }
            }
            missing = still_missing(repository, std::move(missing));
        }
        totals.fetched += before - missing.size();
        task.advance(before - missing.size());
        if (before == missing.size()) {
            totals.lost = std::move(missing);
            return totals;
        }
    }
}

} // namespace slipway::sync
