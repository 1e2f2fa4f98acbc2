#include "store/fsck.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/fsck/findings.h"
#include "store/fsck/index.h"
#include "store/fsck/packs.h"
#include "store/fsck/references.h"
#include "store/retired.h"

namespace slipway::store {

namespace {

std::uint64_t total_size(const RepositoryPaths& paths, const std::vector<Digest>& packs) {
    std::uint64_t total = 0;
    for (const auto& pack : packs) {
        if (auto file = open_pack_file(paths, pack); file.is_open()) {
            total += FileBlob(std::move(file), pack_file_name(pack)).size();
        }
    }
    return total;
}

/// The packs in packs/, and those in packs/retired/ that the index still names; by name.
std::vector<Digest>
packs_in_use(const RepositoryPaths& paths, const std::unordered_set<Digest>& indexed) {
    auto packs = packs_in(paths.packs());
    std::error_code absent;
    if (std::filesystem::exists(paths.retired_packs(), absent)) {
        for (const auto& pack : packs_in(paths.retired_packs())) {
            if (indexed.contains(pack)) {
                packs.push_back(pack);
            }
        }
    }
    std::sort(packs.begin(), packs.end());
    packs.erase(std::unique(packs.begin(), packs.end()), packs.end());
    return packs;
}

/// Tells of the packs that are whole but not indexed yet, which is no problem.
void tell_waiting(
    const std::vector<Digest>& packs, const std::unordered_set<Digest>& indexed, Reporter& reporter
) {
    for (const auto& name : packs) {
        if (!indexed.contains(name)) {
            reporter.notice(fmt::format(
                "pack {} is not indexed: its writer died or is at work; the next import adds it",
                name.hex()
            ));
        }
    }
}

} // namespace

FsckReport check(const Repository& repository, Reporter& reporter) {
    const auto& paths = repository.paths();
    std::unordered_set<Digest> indexed;
    for (const auto& [number, name] : repository.index().packs()) {
        indexed.insert(name);
    }
    const auto packs = packs_in_use(paths, indexed);
    Findings findings;
    FsckReport report;
    report.packs = packs.size();
    report.bytes = total_size(paths, packs);
    {
        Task task(reporter, "checking packs", Unit::bytes, report.bytes);
        check_packs(paths, packs, indexed, findings, task);
    }
    for (const auto& name : indexed) {
        if (!std::binary_search(packs.begin(), packs.end(), name)) {
            findings.problem("pack " + name.hex(), "is in the index but not on disk");
        }
    }
    tell_waiting(packs, indexed, reporter);
    auto objects = findings.take_objects();
    report.objects = objects.size();
    check_index(repository, objects, findings);
    report.commits = check_references(repository, objects, findings, reporter);
    report.problems = findings.take_problems();
    report.damaged_packs = findings.damaged_packs();
    return report;
}

FsckReport rebuild_index(const RepositoryPaths& paths, Reporter& reporter) {
    const auto packs = packs_in(paths.packs());
    FsckReport report;
    const TemporaryDirectory fresh(paths.root);
    {
        ObjectIndex index(fresh.path(), Access::read_write, ObjectIndex::Missing::create);
        Task task(reporter, "indexing packs", Unit::items, packs.size());
        for (const auto& name : packs) {
            try {
                const PackFile pack(paths.packs(), name);
                index.add_pack(name, pack.read_index());
                report.bytes += pack.size();
                ++report.packs;
            } catch (const Error& error) {
                report.problems.push_back({"pack " + name.hex(), error.what()});
            }
            task.advance(1);
        }
        report.objects = index.size();
    }
    // LMDB's lock file belongs to the processes that have the old index open: it stays as it is.
    std::error_code exists;
    std::filesystem::create_directory(paths.index(), exists);
    const auto built = fresh.path() / "data.mdb";
    const auto target = paths.index() / "data.mdb";
    if (rename(built.c_str(), target.c_str()) != 0) {
        throw_errno(fmt::format("cannot put the new index at {}", target.native()));
    }
    sync_directory(paths.index());
    return report;
}

} // namespace slipway::store
