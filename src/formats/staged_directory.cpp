#include "formats/staged_directory.h"

#include <ctime>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/text.h"
#include "formats/remove_tree.h"

namespace slipway::formats {

namespace {

/// The path without a slash at its end, and with a name of its own.
std::filesystem::path with_name(const std::filesystem::path& target) {
    auto path = target.has_filename() ? target : target.parent_path();
    if (path.filename() == "." || path.filename() == "..") {
        path = std::filesystem::weakly_canonical(path);
    }
    return path;
}

/// Whether nobody is at work in it any more; as in file.h, young ones may not be locked yet.
bool is_abandoned(const FileDescriptor& directory) {
    struct stat status = {};
    return fstat(directory.get(), &status) == 0 && status.st_uid == geteuid() &&
           status.st_mtime < time(nullptr) - youngest_abandoned_seconds &&
           flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

} // namespace

void check_target(const std::filesystem::path& target) {
    std::error_code failed;
    const auto path = with_name(target);
    const auto status = std::filesystem::symlink_status(path, failed);
    if (status.type() == std::filesystem::file_type::not_found) {
        return;
    }
    const auto is_directory = status.type() == std::filesystem::file_type::directory;
    if (!is_directory || !std::filesystem::is_empty(path, failed) || failed) {
        throw Error(Fault::usage, fmt::format("{} exists already", printable(path.native())))
            .hint("name a directory that does not exist, or an empty one");
    }
}

void remove_abandoned_directories(const std::filesystem::path& directory) {
    constexpr auto flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
        const auto name = entry.path().filename().native();
        if (!name.starts_with(temporary_prefix)) {
            continue;
        }
        const FileDescriptor parent(::open(directory.c_str(), flags));
        const FileDescriptor staged(::open(entry.path().c_str(), flags));
        if (parent.is_open() && staged.is_open() && is_abandoned(staged)) {
            remove_tree(parent.get(), name);
        }
    }
}

StagedDirectory::StagedDirectory(const std::filesystem::path& target) : target_(with_name(target)) {
    check_target(target_);
    const auto above = target_.has_parent_path() ? target_.parent_path() : ".";
    remove_abandoned_directories(above);
    parent_ = open_file(above, O_RDONLY | O_DIRECTORY);
    auto pattern = (above / fmt::format("{}XXXXXX", temporary_prefix)).native();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw_errno(fmt::format("cannot create a directory in {}", printable(above.native())));
    }
    name_ = std::filesystem::path(pattern).filename().native();
    lock_ = open();
    flock(lock_.get(), LOCK_EX | LOCK_NB);
    // What a default ACL above has left would be handed down to everything.
    for (const auto* acl : {"system.posix_acl_default", "system.posix_acl_access"}) {
        removexattr(pattern.c_str(), acl);
    }
}

StagedDirectory::~StagedDirectory() {
    if (!name_.empty()) {
        remove_tree(parent_.get(), name_);
    }
}

FileDescriptor StagedDirectory::open() const {
    FileDescriptor top(
        openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    );
    if (!top.is_open()) {
        throw_errno(fmt::format("cannot open {}", name_));
    }
    return top;
}

void StagedDirectory::publish() {
    const auto path = printable(target_.native());
    failpoint("checkout.before-sync");
    if (syncfs(parent_.get()) != 0) {
        throw_errno(fmt::format("cannot sync {}", path));
    }
    failpoint("checkout.before-rename");
    if (renameat(parent_.get(), name_.c_str(), AT_FDCWD, target_.c_str()) != 0) {
        auto error = system_error(errno, fmt::format("cannot rename {} to {}", name_, path));
        throw errno == EBUSY ? std::move(error).hint("a mount point cannot be replaced: name a "
                                                     "directory below it")
                             : error;
    }
    name_.clear();
    sync_file(parent_.get(), path);
    failpoint("checkout.done");
}

} // namespace slipway::formats
