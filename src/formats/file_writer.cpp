#include "formats/file_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "formats/xattr.h"
#include "tree/content.h"

namespace slipway::formats {

namespace {

constexpr std::size_t block = 4096; // holes are made of whole ones

template <class... Each>
struct Overloaded : Each... {
    using Each::operator()...;
};

template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

std::array<timespec, 2> times_of(const tree::Time& mtime) {
    timespec time = {};
    time.tv_sec = mtime.seconds;
    time.tv_nsec = static_cast<long>(mtime.nanoseconds);
    return {time, time};
}

/// The first block of the bytes that lie at `offset` in their file.
ConstBytes first_block(ConstBytes bytes, std::uint64_t offset) {
    return bytes.first(std::min<std::size_t>(bytes.size(), block - offset % block));
}

/// How many bytes at the start, in whole blocks, are zeros.
std::size_t zero_length(ConstBytes bytes, std::uint64_t offset) {
    std::size_t length = 0;
    while (length < bytes.size()) {
        const auto next = first_block(bytes.subspan(length), offset + length);
        if (!all_zero(next)) {
            break;
        }
        length += next.size();
    }
    return length;
}

/// How many bytes at the start come before a block of zeros.
std::size_t data_length(ConstBytes bytes, std::uint64_t offset) {
    std::size_t length = 0;
    while (length < bytes.size()) {
        const auto next = first_block(bytes.subspan(length), offset + length);
        if (all_zero(next)) {
            break;
        }
        length += next.size();
    }
    return length;
}

} // namespace

/// An entry that is being written: in an open directory, and open itself if it is a file.
struct FileWriter::Target {
    const OpenDirectories& directories;
    OpenDirectories::Id folder;
    int directory;
    const char* name; // "" for the directory itself
    int descriptor = -1;
    bool is_link = false;

    std::string path() const {
        return *name == '\0' ? directories.path(folder) : directories.path(folder, name);
    }

    /// Throws for the errno of a call that failed, if it did.
    void check(int result, std::string_view action) const {
        if (result != 0) {
            throw_errno(fmt::format("cannot {} {}", action, path()));
        }
    }
};

void FileWriter::write_file(OpenDirectories::Id folder, const tree::Entry& entry, Buffer& buffer)
    const {
    const auto directory = directories_.get(folder);
    const auto* name = entry.name.c_str();
    const FileDescriptor file(openat(
        directory->get(),
        name,
        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
        S_IRUSR | S_IWUSR
    ));
    const Target target{directories_, folder, directory->get(), name, file.get()};
    target.check(file.is_open() ? 0 : -1, "create");
    write_content(target, std::get<tree::File>(entry.node), buffer);
    set_attributes(target, entry.attributes);
}

void FileWriter::read_chunk(const Digest& id, std::uint64_t size, Buffer& buffer) const {
    const auto chunk = contents_.open(id);
    if (!chunk) {
        throw Error(Fault::not_found, fmt::format("chunk {} is missing", id.hex()));
    }
    if (chunk->size() != size) {
        throw Error(
            Fault::corrupt,
            fmt::format("chunk {} has {} bytes, not {}", id.hex(), chunk->size(), size)
        );
    }
    buffer.resize(size);
    chunk->read_at(0, buffer);
}

void FileWriter::write_content(const Target& target, const tree::File& file, Buffer& buffer) const {
    const During writing([&] { return "writing " + target.path(); });
    if (file.size == 0) {
        return;
    }
    bool ends_in_data = false;
    if (file.size <= tree::largest_single_chunk) {
        read_chunk(file.content, file.size, buffer);
        ends_in_data = write_chunk(target, 0, buffer);
    } else {
        ends_in_data = write_runs(target, file, buffer);
    }
    if (!ends_in_data) {
        target.check(
            ftruncate(target.descriptor, static_cast<off_t>(file.size)), "set the size of"
        );
    }
}

/// Run by run: holes cost nothing, and each chunk is read once. True if the last byte is written.
bool FileWriter::write_runs(const Target& target, const tree::File& file, Buffer& buffer) const {
    const auto list = tree::load_chunk_list(contents_, file.content);
    if (list.size() != file.size) {
        throw Error(
            Fault::corrupt, fmt::format("chunk list {} has another size", file.content.hex())
        );
    }
    bool ends_in_data = false;
    std::uint64_t offset = 0;
    for (const auto& run : list.runs) {
        ends_in_data = false;
        if (run.chunk) {
            read_chunk(*run.chunk, run.length, buffer);
            ends_in_data = write_chunk(target, offset, buffer);
        }
        offset += run.length;
    }
    return ends_in_data;
}

/// Writes what is not zeros. True if the last byte is written.
bool FileWriter::write_chunk(const Target& target, std::uint64_t offset, ConstBytes bytes) const {
    bool wrote_last = false;
    while (!bytes.empty()) {
        const auto zeros = zero_length(bytes, offset);
        bytes = bytes.subspan(zeros);
        offset += zeros;
        const auto data = bytes.first(data_length(bytes, offset));
        wrote_last = !data.empty();
        if (wrote_last) {
            pwrite_all(target.descriptor, offset, data, target.name);
        }
        bytes = bytes.subspan(data.size());
        offset += data.size();
    }
    return wrote_last;
}

void FileWriter::make_special(OpenDirectories::Id folder, const tree::Entry& entry) const {
    const auto directory = directories_.get(folder);
    const auto* name = entry.name.c_str();
    const auto is_link = std::holds_alternative<tree::Symlink>(entry.node);
    const Target target{directories_, folder, directory->get(), name, -1, is_link};
    const auto make = [&](mode_t type, dev_t number) {
        return mknodat(target.directory, name, type | S_IRUSR | S_IWUSR, number);
    };
    const auto make_node = Overloaded{
        [&](const tree::Symlink& link) {
            return symlinkat(link.target.c_str(), target.directory, name);
        },
        [&](const tree::Device& device) {
            const mode_t type = device.kind == tree::DeviceKind::block ? S_IFBLK : S_IFCHR;
            return make(type, makedev(device.major, device.minor));
        },
        [&](const tree::Fifo&) { return make(S_IFIFO, 0); },
        [&](const tree::Socket&) { return make(S_IFSOCK, 0); },
        [](const auto&) -> int { throw Error(Fault::internal, "not a special file"); }};
    target.check(std::visit(make_node, entry.node), "create");
    set_attributes(target, entry.attributes);
}

void FileWriter::make_directory(OpenDirectories::Id folder, const std::string& name) const {
    const auto directory = directories_.get(folder);
    const Target target{directories_, folder, directory->get(), name.c_str()};
    target.check(mkdirat(target.directory, name.c_str(), S_IRWXU), "create");
}

void FileWriter::finish_directory(OpenDirectories::Id id, const tree::Attributes& attributes)
    const {
    const auto directory = directories_.get(id);
    set_attributes(Target{directories_, id, directory->get(), "", directory->get()}, attributes);
}

void FileWriter::link(const Place& first, const Place& other) const {
    const auto from = directories_.get(first.folder);
    const auto to = directories_.get(other.folder);
    const Target target{directories_, other.folder, to->get(), other.name.c_str()};
    target.check(linkat(from->get(), first.name.c_str(), to->get(), target.name, 0), "link");
}

/// In this order: chown clears setuid bits and capabilities, and everything touches the times.
void FileWriter::set_attributes(const Target& target, const tree::Attributes& attributes) const {
    if (options_.ownership == CheckoutOptions::Ownership::keep &&
        (attributes.uid != options_.new_uid || attributes.gid != options_.new_gid)) {
        set_owner(target, attributes);
    }
    if (target.descriptor >= 0) {
        target.check(fchmod(target.descriptor, attributes.mode), "set the mode of");
    } else if (!target.is_link) {
        const auto result = fchmodat(target.directory, target.name, attributes.mode, 0);
        target.check(result, "set the mode of");
    }
    set_xattrs(target, attributes);
    const auto times = times_of(attributes.mtime);
    const auto result =
        target.descriptor >= 0
            ? futimens(target.descriptor, times.data())
            : utimensat(target.directory, target.name, times.data(), AT_SYMLINK_NOFOLLOW);
    target.check(result, "set the times of");
}

void FileWriter::set_owner(const Target& target, const tree::Attributes& attributes) {
    const auto uid = attributes.uid;
    const auto gid = attributes.gid;
    const auto result =
        target.descriptor >= 0
            ? fchown(target.descriptor, uid, gid)
            : fchownat(target.directory, target.name, uid, gid, AT_SYMLINK_NOFOLLOW);
    target.check(result, "set the owner of");
}

void FileWriter::set_xattrs(const Target& target, const tree::Attributes& attributes) const {
    for (const auto& xattr : attributes.xattrs) {
        if (options_.ownership == CheckoutOptions::Ownership::keep ||
            xattr.name.starts_with("user.")) {
            const auto path = descriptor_path(target.directory, target.name);
            target.check(
                set_xattr(path.c_str(), xattr) ? 0 : -1, fmt::format("set {} of", xattr.name)
            );
        }
    }
}

} // namespace slipway::formats
