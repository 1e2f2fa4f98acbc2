#include "server/boot/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::server::boot {

namespace {

void pad(ByteWriter& out) {
    while (out.size() % 4 != 0) {
        out.u8(0);
    }
}

struct Header {
    std::uint32_t inode = 0;
    std::uint32_t mode = 0;
    std::uint32_t size = 0;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
};

/// The fields in order: ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor,
/// rdevmajor, rdevminor, namesize, check.
void write_header(ByteWriter& out, const Header& header, std::string_view name) {
    const auto links = S_ISDIR(header.mode) ? 2U : 1U;
    out.text(fmt::format(
        "070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}",
        header.inode,
        header.mode,
        0,
        0,
        links,
        0,
        header.size,
        0,
        0,
        header.major,
        header.minor,
        name.size() + 1,
        0
    ));
    out.text(name);
    out.u8(0);
    pad(out);
}

} // namespace

// NOLINTNEXTLINE(misc-no-recursion): once for each parent of a path.
void Cpio::add(std::string_view path, Member member) {
    if (path.empty() || path.starts_with('/') || path.ends_with('/')) {
        throw Error(Fault::usage, fmt::format("{} cannot name a member", printable(path)));
    }
    if (member.content.size() > UINT32_MAX) {
        throw Error(Fault::usage, fmt::format("{} is too large for cpio", printable(path)));
    }
    for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
        add_directory(path.substr(0, slash));
    }
    if (!members_.emplace(path, std::move(member)).second) {
        throw Error(Fault::usage, fmt::format("{} is in the archive twice", printable(path)));
    }
}

// NOLINTNEXTLINE(misc-no-recursion): as add().
void Cpio::add_directory(std::string_view path, std::uint32_t permissions) {
    const auto at = members_.find(path);
    if (at == members_.end()) {
        add(path, {S_IFDIR | permissions, 0, 0, {}});
    } else if (!S_ISDIR(at->second.mode)) {
        throw Error(Fault::usage, fmt::format("{} is no directory", printable(path)));
    }
}

void Cpio::add_file(std::string_view path, std::uint32_t permissions, Buffer content) {
    add(path, {S_IFREG | permissions, 0, 0, std::move(content)});
}

void Cpio::add_link(std::string_view path, std::string_view target) {
    add(path, {S_IFLNK | 0777U, 0, 0, to_buffer(as_bytes(target))});
}

void Cpio::add_character_device(
    std::string_view path, std::uint32_t permissions, std::uint32_t major, std::uint32_t minor
) {
    add(path, {S_IFCHR | permissions, major, minor, {}});
}

Buffer Cpio::write() const {
    ByteWriter out;
    std::uint32_t inode = 0;
    for (const auto& [path, member] : members_) {
        const auto size = static_cast<std::uint32_t>(member.content.size());
        write_header(out, {++inode, member.mode, size, member.major, member.minor}, path);
        out.bytes(member.content);
        pad(out);
    }
    write_header(out, {}, "TRAILER!!!");
    return std::move(out).take();
}

} // namespace slipway::server::boot
