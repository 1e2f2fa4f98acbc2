#include "formats/scan_payload.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace slipway::formats {

namespace {

constexpr std::size_t read_size = 1U << 20U;

/// As much as there is; -1 with errno if it cannot be read.
ssize_t read_range(int descriptor, off_t offset, Bytes buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const auto rest = buffer.subspan(done);
        const auto at = offset + static_cast<off_t>(done);
        const auto count = pread(descriptor, rest.data(), rest.size(), at);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
        } else if (count == 0) {
            break;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return static_cast<ssize_t>(done);
}

} // namespace

ScanPayload::ScanPayload(
    const Walked& walked, tree::Ingest& ingest, StatCache& cache, ScanProblems& problems
)
    : draft_(walked.draft), stamps_(walked.stamps), directories_(walked.directories),
      ingest_(ingest), cache_(cache), problems_(problems) {}

std::string ScanPayload::path(const Item& item) const {
    return directories_.path(item.folder, item.name);
}

void ScanPayload::run(ScanResult& result, Reporter& reporter) {
    const auto items = plan(result);
    std::uint64_t total = 0;
    for (const auto& item : items) {
        total += stamps_[item.inode].size;
    }
    Reading reading{Task(reporter, "reading files", Unit::bytes, total), {}};
    for (const auto& item : items) {
        if (stamps_[item.inode].size > tree::largest_single_chunk) {
            add_long(item, reading);
        } else {
            add_small(item, reading);
        }
    }
    ingest_.settle();
    for (const auto& item : std::exchange(findings_.lock()->grown, {})) {
        add_long(item, reading);
    }
    ingest_.settle();
    const auto findings = findings_.lock();
    for (const auto& item : items) {
        auto& inode = draft_.inode(item.inode);
        if (findings->dropped.contains(item.inode)) {
            inode.mode = 0;
        } else if (!findings->changed.contains(item.inode)) {
            cache_.remember(stamps_[item.inode], tree::File{inode.detail, inode.content});
        }
    }
    result.files_read = items.size() - findings->dropped.size();
}

/// The files to be read, in the order in which they are to lie in the store.
std::vector<ScanPayload::Item> ScanPayload::plan(ScanResult& result) {
    return draft_.files_in_order([&](Draft::InodeId id) {
        const auto size = draft_.inode(id).detail;
        ++result.files;
        result.bytes += size;
        return size > 0 && !known(id);
    });
}

/// True if the stat cache tells the file's content, and the store has it.
bool ScanPayload::known(Draft::InodeId inode) {
    const auto& stamp = stamps_[inode];
    const auto file = cache_.find(stamp);
    if (!file || !ingest_.holds(*file)) {
        return false;
    }
    draft_.inode(inode).content = file->content;
    cache_.remember(stamp, *file);
    return true;
}

void ScanPayload::add_small(const Item& item, Reading& reading) {
    auto& inode = draft_.inode(item.inode);
    ingest_.add_small(
        inode.detail,
        reading.gate.guard([this, item] { return read_small(item); }),
        reading.gate.guard([&inode, &reading](const tree::File& file) {
            reading.task.advance(inode.detail);
            inode.detail = file.size;
            inode.content = file.content;
        })
    );
}

void ScanPayload::add_long(const Item& item, Reading& reading) {
    auto& inode = draft_.inode(item.inode);
    ingest_.add_long(
        [&](tree::Ingest::Feed& feed) { read_long(item, feed); },
        reading.gate.guard([&inode, &reading](const tree::File& file) {
            reading.task.advance(inode.detail);
            inode.detail = file.size;
            inode.content = file.content;
        })
    );
}

/// Not open if the file is to be left out.
FileDescriptor ScanPayload::open(const Item& item) {
    const auto folder = directories_.try_get(item.folder);
    const std::string name(item.name);
    auto file = folder ? open_quietly(folder->get(), name.c_str(), O_RDONLY | O_NONBLOCK)
                       : FileDescriptor();
    struct stat status = {};
    if (!file.is_open() || fstat(file.get(), &status) != 0) {
        drop(item, errno);
        return {};
    }
    if (!S_ISREG(status.st_mode)) {
        drop(item, ENXIO);
        return {};
    }
    return file;
}

void ScanPayload::drop(const Item& item, int code) {
    problems_.failed(code, path(item));
    findings_.lock()->dropped.insert(item.inode);
}

/// Its size now, if the file is not the one walked or has been written to since; if that is
/// allowed.
std::optional<std::uint64_t> ScanPayload::changed_size(const Item& item, int descriptor) {
    struct stat status = {};
    if (fstat(descriptor, &status) != 0) {
        throw_errno("cannot stat " + path(item));
    }
    const auto now = Stamp::of(status);
    if (now == stamps_[item.inode]) {
        return std::nullopt;
    }
    if (findings_.lock()->changed.insert(item.inode).second) {
        problems_.changed(path(item), "changed");
    }
    return now.size;
}

Buffer ScanPayload::read_small(const Item& item) {
    const auto file = open(item);
    if (!file.is_open()) {
        return {};
    }
    Buffer bytes(stamps_[item.inode].size);
    auto count = read_range(file.get(), 0, bytes);
    const auto code = errno;
    if (const auto size = changed_size(item, file.get())) {
        if (*size > tree::largest_single_chunk) {
            findings_.lock()->grown.push_back(item);
            return {};
        }
        bytes.resize(*size);
        count = read_range(file.get(), 0, bytes);
    }
    if (count < 0) {
        drop(item, code);
        return {};
    }
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
}

void ScanPayload::read_long(const Item& item, tree::Ingest::Feed& feed) {
    const auto file = open(item);
    if (!file.is_open()) {
        return;
    }
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    const auto size = lseek(file.get(), 0, SEEK_END);
    for (off_t offset = 0; offset < size;) {
        const auto found = lseek(file.get(), offset, SEEK_DATA);
        const auto data = found >= 0 ? std::min(found, size) : errno == ENXIO ? size : offset;
        feed.zeros(static_cast<std::uint64_t>(data - offset));
        const auto hole = data < size ? lseek(file.get(), data, SEEK_HOLE) : size;
        offset = hole > data ? std::min(hole, size) : size;
        if (!read_data(file.get(), Range{data, offset}, feed)) {
            drop(item, errno);
            return;
        }
    }
    changed_size(item, file.get());
}

/// False, with errno, if it cannot be read. A file that ends early is noticed by its stamp.
bool ScanPayload::read_data(int descriptor, Range range, tree::Ingest::Feed& feed) {
    long_buffer_.resize(read_size);
    while (range.from < range.to) {
        const auto wanted = std::min<off_t>(range.to - range.from, read_size);
        const auto part = Bytes(long_buffer_).first(static_cast<std::size_t>(wanted));
        const auto count = read_range(descriptor, range.from, part);
        if (count < 0) {
            return false;
        }
        feed.data(part.first(static_cast<std::size_t>(count)));
        if (count < wanted) {
            return true;
        }
        range.from += count;
    }
    return true;
}

} // namespace slipway::formats
