#include "formats/scan_walk.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pipeline.h"
#include "formats/xattr.h"

namespace slipway::formats {

namespace {

constexpr std::size_t listing_buffer = 64U << 10U;

Draft::Inode inode_of(const struct stat& status) {
    Draft::Inode inode;
    inode.mode = status.st_mode;
    inode.uid = status.st_uid;
    inode.gid = status.st_gid;
    inode.mtime = Stamp::of(status).mtime;
    if (S_ISREG(status.st_mode)) {
        inode.detail = static_cast<std::uint64_t>(status.st_size);
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
        inode.detail = status.st_rdev;
    }
    return inode;
}

/// True if something is mounted there, even from the same filesystem.
bool is_mount_point(int descriptor) {
    struct statx status = {};
    return statx(descriptor, "", AT_EMPTY_PATH, 0, &status) == 0 &&
           (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

} // namespace

ScanWalk::ScanWalk(
    const ScanOptions& options, OpenDirectories& directories, ScanProblems& problems, Task& task
)
    : options_(options), directories_(directories), problems_(problems), task_(task) {}

void ScanWalk::run(Draft& draft, std::vector<Stamp>& stamps) {
    draft_ = &draft;
    stamps_ = &stamps;
    stamps.resize(draft.inode_count());
    next_ = {Draft::root};
    while (!next_.empty()) {
        const auto level = std::exchange(next_, {});
        parallel_for(level.size(), [&](std::size_t i) { read_folder(level[i]); });
    }
    draft.arrange();
}

void ScanWalk::read_folder(FolderId id) {
    const auto open = directories_.try_get(id);
    if (!open) {
        problems_.failed(errno, directories_.path(id));
        const std::scoped_lock held(mutex_);
        draft_->folder_inode(id).mode = 0;
        return;
    }
    const auto device = take_attributes(id, open->get());
    if (id == Draft::root || !elsewhere(open->get(), device)) {
        Listing listing{id, open->get(), device, {}, {}};
        list(listing);
    }
}

/// Returns the device that the directory is on.
std::uint64_t ScanWalk::take_attributes(FolderId id, int descriptor) {
    struct stat status = {};
    std::vector<tree::Xattr> xattrs;
    if (fstat(descriptor, &status) != 0) {
        throw_errno("cannot stat " + directories_.path(id));
    }
    if (read_xattrs(descriptor_path(descriptor, "").c_str(), xattrs) == XattrsRead::failed) {
        problems_.failed(errno, directories_.path(id));
    }
    const std::scoped_lock held(mutex_);
    auto& inode = draft_->folder_inode(id);
    inode = inode_of(status);
    inode.detail = id;
    inode.xattrs = draft_->intern(std::move(xattrs));
    if (id == Draft::root) {
        device_ = status.st_dev;
    }
    return status.st_dev;
}

bool ScanWalk::elsewhere(int descriptor, std::uint64_t device) const {
    return options_.filesystems == ScanOptions::Filesystems::one &&
           (device != device_ || is_mount_point(descriptor));
}

void ScanWalk::list(Listing& listing) {
    if (!options_.exclude.empty()) {
        listing.path = directories_.path_from_root(listing.id);
    }
    std::vector<char> buffer(listing_buffer);
    for (;;) {
        const auto size = getdents64(listing.descriptor, buffer.data(), buffer.size());
        if (size < 0) {
            problems_.failed(errno, directories_.path(listing.id));
            return;
        }
        if (size == 0) {
            return;
        }
        take_names(listing, std::string_view(buffer.data(), static_cast<std::size_t>(size)));
        merge(listing);
    }
}

void ScanWalk::take_names(Listing& listing, std::string_view records) {
    while (!records.empty()) {
        const auto* record = reinterpret_cast<const dirent64*>(records.data());
        records.remove_prefix(record->d_reclen);
        const std::string_view name(record->d_name);
        if (name != "." && name != ".." && !excluded(listing, name)) {
            take_entry(listing, name, record->d_type);
        }
    }
}

bool ScanWalk::excluded(const Listing& listing, std::string_view name) const {
    if (options_.exclude.empty()) {
        return false;
    }
    const auto path = listing.path + "/" + std::string(name);
    return std::ranges::any_of(options_.exclude, [&](const std::string& pattern) {
        return fnmatch(pattern.c_str(), path.c_str(), 0) == 0;
    });
}

void ScanWalk::take_entry(Listing& listing, std::string_view name, unsigned char type) {
    Found found;
    found.name = name;
    if (type == DT_DIR) {
        found.inode.mode = S_IFDIR; // the rest when it is opened
    } else if (!take_details(listing, found)) {
        problems_.failed(errno, directories_.path(listing.id, name));
        return;
    }
    listing.found.push_back(std::move(found));
}

/// False, with errno, if they cannot be had.
bool ScanWalk::take_details(const Listing& listing, Found& found) {
    struct stat status = {};
    if (fstatat(listing.descriptor, found.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    found.inode = inode_of(status);
    found.stamp = Stamp::of(status);
    found.linked = status.st_nlink > 1;
    if (S_ISDIR(status.st_mode)) {
        return true;
    }
    if (S_ISLNK(status.st_mode)) {
        std::array<char, tree::longest_target + 1> target; // NOLINT(*-member-init): filled below
        const auto size =
            readlinkat(listing.descriptor, found.name.c_str(), target.data(), target.size());
        if (size < 0) {
            return false;
        }
        found.target.assign(target.data(), static_cast<std::size_t>(size));
    }
    return take_xattrs(listing, found);
}

bool ScanWalk::take_xattrs(const Listing& listing, Found& found) {
    if (without_xattrs_ == listing.device) {
        return true;
    }
    const auto path = descriptor_path(listing.descriptor, found.name);
    const auto result = read_xattrs(path.c_str(), found.xattrs);
    if (result == XattrsRead::unsupported && S_ISREG(found.inode.mode)) {
        without_xattrs_ = listing.device; // no need to ask again
    }
    return result != XattrsRead::failed;
}

void ScanWalk::merge(Listing& listing) {
    task_.advance(listing.found.size());
    const std::scoped_lock held(mutex_);
    for (auto& found : listing.found) {
        if (S_ISDIR(found.inode.mode)) {
            next_.push_back(draft_->add_folder());
            draft_->add_name(listing.id, found.name, draft_->folder(next_.back()).inode);
            directories_.add(listing.id, found.name);
        } else {
            draft_->add_name(listing.id, found.name, inode_for(found));
        }
        stamps_->resize(draft_->inode_count());
    }
    listing.found.clear();
}

/// A new inode, or the one that another name of it has made.
Draft::InodeId ScanWalk::inode_for(Found& found) {
    const std::pair key(found.stamp.device, found.stamp.inode);
    if (found.linked) {
        if (const auto known = linked_.find(key); known != linked_.end()) {
            return known->second;
        }
    }
    found.inode.xattrs = draft_->intern(std::move(found.xattrs));
    const auto id = S_ISLNK(found.inode.mode)
                        ? draft_->add_symlink(found.inode, std::move(found.target))
                        : draft_->add_inode(found.inode);
    stamps_->resize(draft_->inode_count());
    stamps_->at(id) = found.stamp;
    if (found.linked) {
        linked_.emplace(key, id);
    }
    return id;
}

} // namespace slipway::formats
