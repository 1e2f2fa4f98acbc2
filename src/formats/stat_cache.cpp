#include "formats/stat_cache.h"

#include <algorithm>
#include <ctime>
#include <system_error>
#include <tuple>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace slipway::formats {

namespace {

// A cache file: magic, rows by device and inode, SHA-256 of all before.
constexpr std::string_view magic = "slipway stat cache 1\n";
constexpr std::size_t row_size = 80;
constexpr std::size_t digest_size = 32;
constexpr std::uint64_t largest_cache = 1ULL << 32U;

tree::Time time_of(const timespec& time) {
    return tree::Time{time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)};
}

auto order_of(const tree::Time& time) {
    return std::tuple(time.seconds, time.nanoseconds);
}

auto key_of(const StatTable::Row& row) {
    return std::tuple(row.stamp.device, row.stamp.inode);
}

void write_time(ByteWriter& writer, const tree::Time& time) {
    writer.u64(static_cast<std::uint64_t>(time.seconds));
    writer.u32(time.nanoseconds);
}

tree::Time read_time(ByteReader& reader) {
    const auto seconds = static_cast<std::int64_t>(reader.u64());
    return tree::Time{seconds, reader.u32()};
}

void write_row(ByteWriter& writer, const StatTable::Row& row) {
    writer.u64(row.stamp.device);
    writer.u64(row.stamp.inode);
    writer.u64(row.stamp.size);
    write_time(writer, row.stamp.mtime);
    write_time(writer, row.stamp.ctime);
    writer.bytes(row.content.view());
}

StatTable::Row read_row(ConstBytes bytes) {
    ByteReader reader(bytes);
    StatTable::Row row;
    row.stamp.device = reader.u64();
    row.stamp.inode = reader.u64();
    row.stamp.size = reader.u64();
    row.stamp.mtime = read_time(reader);
    row.stamp.ctime = read_time(reader);
    row.content = Digest::from_bytes(reader.bytes(digest_size));
    return row;
}

} // namespace

Stamp Stamp::of(const struct stat& status) {
    return Stamp{
        status.st_dev,
        status.st_ino,
        static_cast<std::uint64_t>(status.st_size),
        time_of(status.st_mtim),
        time_of(status.st_ctim)};
}

std::optional<StatTable> StatTable::parse(Buffer file) {
    const ConstBytes all = file;
    if (all.size() < magic.size() + digest_size ||
        (all.size() - magic.size() - digest_size) % row_size != 0 ||
        as_text(all.first(magic.size())) != magic) {
        return std::nullopt;
    }
    const auto body = all.first(all.size() - digest_size);
    if (sha256(body) != Digest::from_bytes(all.last(digest_size))) {
        return std::nullopt;
    }
    StatTable table;
    table.count_ = (body.size() - magic.size()) / row_size;
    table.file_ = std::move(file);
    return table;
}

Buffer StatTable::encode(std::vector<Row> rows) {
    std::ranges::stable_sort(rows, {}, key_of);
    ByteWriter writer;
    writer.text(magic);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + 1 == rows.size() || key_of(rows[i]) != key_of(rows[i + 1])) {
            write_row(writer, rows[i]);
        }
    }
    writer.bytes(sha256(writer.view()).view());
    return std::move(writer).take();
}

std::optional<Digest> StatTable::find(const Stamp& stamp) const {
    const auto rows = ConstBytes(file_).subspan(std::min(magic.size(), file_.size()));
    std::size_t first = 0;
    std::size_t last = count_;
    while (first < last) {
        const auto middle = first + (last - first) / 2;
        const auto at = rows.subspan(middle * row_size, row_size);
        const auto key = std::tuple(load_u64(at), load_u64(at.subspan(sizeof(std::uint64_t))));
        if (key == std::tuple(stamp.device, stamp.inode)) {
            const auto row = read_row(at);
            return row.stamp == stamp ? std::optional(row.content) : std::nullopt;
        }
        (key < std::tuple(stamp.device, stamp.inode) ? first : last) =
            key < std::tuple(stamp.device, stamp.inode) ? middle + 1 : middle;
    }
    return std::nullopt;
}

StatCache::StatCache(const std::filesystem::path& directory, const std::filesystem::path& source) {
    timespec now = {};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    loaded_at_ = time_of(now);
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
        throw system_error(failed.value(), fmt::format("cannot make {}", directory.native()));
    }
    const auto name = std::filesystem::weakly_canonical(source).native();
    path_ = directory / (sha256(as_bytes(name)).hex() + ".stat");
    if (access(path_.c_str(), R_OK) == 0) {
        known_ = StatTable::parse(read_file(path_, largest_cache)).value_or(StatTable());
    }
}

std::optional<tree::File> StatCache::find(const Stamp& stamp) const {
    const auto content = known_.find(stamp);
    return content ? std::optional(tree::File{stamp.size, *content}) : std::nullopt;
}

void StatCache::remember(const Stamp& stamp, const tree::File& file) {
    const auto old_enough = order_of(stamp.mtime) < order_of(loaded_at_) &&
                            order_of(stamp.ctime) < order_of(loaded_at_);
    if (!path_.empty() && old_enough && file.size == stamp.size) {
        remembered_.push_back(StatTable::Row{stamp, file.content});
    }
}

void StatCache::save() {
    if (path_.empty()) {
        return;
    }
    auto table = StatTable::parse(StatTable::encode(std::move(remembered_)));
    remembered_.clear();
    if (!std::ranges::equal(table->file(), known_.file())) {
        replace_file(path_, table->file());
        known_ = std::move(*table);
    }
}

} // namespace slipway::formats
