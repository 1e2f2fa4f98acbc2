#include "store/retired.h"

#include <algorithm>
#include <ctime>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"

namespace slipway::store {

namespace {

/// Moves a pack's file to packs/retired/ and notes the time in it.
void retire(const RepositoryPaths& paths, const Digest& pack) {
    const auto name = pack_file_name(pack);
    const auto from = paths.packs() / name;
    const auto target = paths.retired_packs() / name;
    if (utimensat(AT_FDCWD, from.c_str(), nullptr, 0) != 0 ||
        rename(from.c_str(), target.c_str()) != 0) {
        if (errno == ENOENT) {
            return; // it was retired by a process that died
        }
        throw_errno(fmt::format("cannot move {} to {}", from.native(), target.native()));
    }
}

std::vector<PackContents> those_that_can_go(
    const ObjectIndex& index,
    const std::vector<PackContents>& removed,
    const std::vector<PackContents>& added
) {
    std::unordered_set<Digest> packs;
    std::unordered_set<Digest> objects;
    for (const auto& pack : added) {
        packs.insert(pack.pack);
        for (const auto& frame : pack.frames) {
            for (const auto& object : frame.objects) {
                objects.insert(object.id);
            }
        }
    }
    std::vector<PackContents> going;
    std::copy_if(removed.begin(), removed.end(), std::back_inserter(going), [&](const auto& pack) {
        return !packs.contains(pack.pack) && index.can_go(pack, objects);
    });
    return going;
}

/// Condemns those that no frame of a pack that stays needs. No frame can come meanwhile.
void condemn_unneeded(
    ObjectIndex& index,
    const std::vector<PackContents>& removed,
    const std::vector<Digest>& dictionaries
) {
    if (dictionaries.empty()) {
        return;
    }
    std::unordered_set<Digest> going;
    for (const auto& pack : removed) {
        going.insert(pack.pack);
    }
    std::unordered_set<PackNumber> staying;
    for (const auto& [number, pack] : index.packs()) {
        if (!going.contains(pack)) {
            staying.insert(number);
        }
    }
    std::unordered_set<Digest> needed;
    const auto note = [&](const Digest&, const Location& location) {
        if (needs_dictionary(location.frame) && staying.contains(location.pack)) {
            needed.insert(location.frame.dictionary);
        }
    };
    index.each(note);
    index.each_condemned(note);
    auto unneeded = dictionaries;
    std::erase_if(unneeded, [&](const Digest& id) { return needed.contains(id); });
    index.condemn(unneeded);
}

void make_directory_for_retired(const RepositoryPaths& paths) {
    if (mkdir(paths.retired_packs().c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot create {}", paths.retired_packs().native()));
    }
}

} // namespace

FileDescriptor open_pack_file(const RepositoryPaths& paths, const Digest& pack) {
    // It moves in this direction only.
    for (const auto& directory : {paths.packs(), paths.retired_packs()}) {
        const auto path = directory / pack_file_name(pack);
        FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (file.is_open()) {
            return file;
        }
        if (errno != ENOENT) {
            throw_errno(fmt::format("cannot open {}", path.native()));
        }
    }
    return {};
}

std::shared_ptr<const PackFile> open_pack(const RepositoryPaths& paths, const Digest& pack) {
    auto file = open_pack_file(paths, pack);
    if (!file.is_open()) {
        return nullptr;
    }
    return std::make_shared<PackFile>(FileBlob(std::move(file), pack_file_name(pack)), pack);
}

void exchange_packs(
    const Repository& repository,
    const std::vector<PackContents>& removed,
    const std::vector<PackContents>& added,
    const std::vector<Digest>& dictionaries
) {
    const auto& paths = repository.paths();
    const PackLock going_away(paths, LockFile::Mode::alone);
    condemn_unneeded(repository.index(), removed, dictionaries);
    const auto going = those_that_can_go(repository.index(), removed, added);
    make_directory_for_retired(paths);
    failpoint("packs.before-retire");
    for (const auto& pack : going) {
        retire(paths, pack.pack);
    }
    sync_directory(paths.retired_packs());
    sync_directory(paths.packs());
    failpoint("packs.retired");
    repository.index().replace(going, added);
}

RetiredPacks delete_retired(const Repository& repository, std::chrono::seconds grace) {
    const PackLock going_away(repository.paths(), LockFile::Mode::alone);
    std::set<Digest> named;
    for (const auto& [number, pack] : repository.index().packs()) {
        named.insert(pack);
    }
    RetiredPacks deleted;
    std::error_code absent;
    const auto directory = repository.paths().retired_packs();
    for (const auto& file : std::filesystem::directory_iterator(directory, absent)) {
        const auto pack = pack_of_file_name(file.path().filename().native());
        struct stat status = {};
        const auto is_only_one = [&] {
            return named.contains(*pack) &&
                   access((repository.paths().packs() / pack_file_name(*pack)).c_str(), F_OK) != 0;
        };
        if (!pack || is_only_one() || stat(file.path().c_str(), &status) != 0 ||
            status.st_mtime + grace.count() > std::time(nullptr)) {
            continue;
        }
        if (unlink(file.path().c_str()) != 0) {
            throw_errno(fmt::format("cannot delete {}", file.path().native()));
        }
        ++deleted.packs;
        deleted.bytes += static_cast<std::uint64_t>(status.st_size);
        failpoint("packs.deleted");
    }
    return deleted;
}

} // namespace slipway::store
