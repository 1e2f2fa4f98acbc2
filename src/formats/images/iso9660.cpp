#include "formats/images/iso9660.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "formats/images/run_file.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t sector_bytes = 2048;
constexpr std::uint64_t first_descriptor = 16;
constexpr std::uint64_t most_descriptors = 64;
constexpr std::uint64_t root_record_offset = 156;
constexpr std::size_t shortest_record = 34;
constexpr std::uint64_t largest_directory = 64ULL << 20U;
constexpr std::size_t most_continuations = 32; // of one record's Rock Ridge entries
constexpr std::size_t most_extents = 4096;

enum Flag : std::uint8_t { is_directory = 0x02, is_associated = 0x04, has_more = 0x80 };

[[noreturn]] void damaged(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the ISO 9660 image is damaged: {}", what));
}

std::uint8_t u8_at(ConstBytes bytes, std::size_t at) {
    return std::to_integer<std::uint8_t>(bytes[at]);
}

/// A directory record, with what Rock Ridge says of it.
struct Record {
    std::uint64_t block = 0;
    std::uint64_t size = 0;
    std::uint8_t flags = 0;
    tree::Time time;
    std::string name;                        ///< as on the medium
    std::string long_name;                   ///< Rock Ridge's; empty if there is none
    std::uint32_t mode = 0;                  ///< Rock Ridge's
    std::optional<std::uint64_t> real_place; ///< of a directory that lies elsewhere (CL)
    bool is_relocated = false;               ///< is shown where it belongs, not here (RE)
};

tree::Time time_at(ConstBytes date) {
    std::tm broken{};
    broken.tm_year = u8_at(date, 0);
    broken.tm_mon = u8_at(date, 1) - 1;
    broken.tm_mday = u8_at(date, 2);
    broken.tm_hour = u8_at(date, 3);
    broken.tm_min = u8_at(date, 4);
    broken.tm_sec = u8_at(date, 5);
    constexpr std::int64_t quarter_seconds = 15L * 60;
    return {timegm(&broken) - static_cast<std::int8_t>(u8_at(date, 6)) * quarter_seconds, 0};
}

class Iso9660 final : public ImageReader {
public:
    explicit Iso9660(const Blob& image) : image_(image) {
        find_root();
        find_rock_ridge();
    }

    NodeId root() const override { return root_; }

    Node node(NodeId id) override;
    std::vector<Child> children(NodeId directory) override;
    std::unique_ptr<ImageFile> open(NodeId file) override;

private:
    void find_root();
    void find_rock_ridge();
    Buffer read(std::uint64_t offset, std::uint64_t size) const;
    Record record_at(NodeId id) const;
    Record parse(ConstBytes bytes) const;
    void read_rock_ridge(Record& record, ConstBytes area) const;
    void take_entry(Record& record, ConstBytes entry) const;
    Record directory_at(NodeId id) const;
    NodeId next_record(NodeId id) const;
    std::vector<RunFile::Run> runs(NodeId file) const;
    std::string name_of(const Record& record) const;

    const Blob& image_;
    NodeId root_ = 0; // the id of a node is the offset of its record
    std::optional<std::size_t> rock_ridge_skip_;
};

Buffer Iso9660::read(std::uint64_t offset, std::uint64_t size) const {
    if (offset > image_.size() || size > image_.size() - offset) {
        damaged("it is cut off");
    }
    Buffer bytes(size);
    image_.read_at(offset, bytes);
    return bytes;
}

void Iso9660::find_root() {
    for (std::uint64_t i = 0; i < most_descriptors; ++i) {
        const auto offset = (first_descriptor + i) * sector_bytes;
        const auto descriptor = read(offset, sector_bytes);
        if (as_text(ConstBytes(descriptor).subspan(1, 5)) != "CD001" ||
            u8_at(descriptor, 0) == 255) {
            break;
        }
        if (u8_at(descriptor, 0) != 1) {
            continue;
        }
        if (load_u16(ConstBytes(descriptor).subspan(128)) != sector_bytes) {
            throw Error(Fault::refused, "the ISO 9660 image does not have blocks of 2048 bytes");
        }
        root_ = offset + root_record_offset;
        return;
    }
    damaged("it has no primary volume");
}

/// Rock Ridge is there if the root's own record says so, and how many bytes to pass over.
void Iso9660::find_rock_ridge() {
    const auto self = read(record_at(root_).block * sector_bytes, sector_bytes);
    const std::size_t length = u8_at(self, 0);
    constexpr std::size_t entry_bytes = 7;
    if (length < shortest_record + entry_bytes) {
        return;
    }
    const auto entry = ConstBytes(self).subspan(shortest_record, entry_bytes);
    if (as_text(entry.first(2)) == "SP" && u8_at(entry, 4) == 0xbe && u8_at(entry, 5) == 0xef) {
        rock_ridge_skip_ = u8_at(entry, 6);
    }
}

Record Iso9660::record_at(NodeId id) const {
    const auto length = u8_at(read(id, 1), 0);
    return parse(read(id, length));
}

Record Iso9660::parse(ConstBytes bytes) const {
    if (bytes.size() < shortest_record) {
        damaged("a directory record is too short");
    }
    Record record;
    record.block = load_u32(bytes.subspan(2)) + std::uint64_t{u8_at(bytes, 1)};
    record.size = load_u32(bytes.subspan(10));
    record.time = time_at(bytes.subspan(18, 7));
    record.flags = u8_at(bytes, 25);
    const std::size_t name_bytes = u8_at(bytes, 32);
    constexpr std::size_t name_offset = 33;
    if (name_bytes == 0 || name_offset + name_bytes > bytes.size()) {
        damaged("a directory record is too short");
    }
    record.name = as_text(bytes.subspan(name_offset, name_bytes));
    const auto area = name_offset + name_bytes + (name_bytes % 2 == 0 ? 1 : 0);
    if (rock_ridge_skip_ && area + *rock_ridge_skip_ < bytes.size()) {
        read_rock_ridge(record, bytes.subspan(area + *rock_ridge_skip_));
    }
    return record;
}

/// The entries in `area`, and in the areas it goes on in (CE).
void Iso9660::read_rock_ridge(Record& record, ConstBytes area) const {
    constexpr std::size_t header_bytes = 4;
    Buffer continuation;
    for (std::size_t areas = 0; areas < most_continuations; ++areas) {
        std::optional<std::pair<std::uint64_t, std::uint32_t>> next;
        while (area.size() >= header_bytes) {
            const std::size_t length = u8_at(area, 2);
            const auto name = as_text(area.first(2));
            if (length < header_bytes || length > area.size() || name == "ST") {
                break;
            }
            const auto entry = area.first(length);
            if (name == "CE" && length >= 28) {
                next = {
                    load_u32(entry.subspan(4)) * sector_bytes + load_u32(entry.subspan(12)),
                    load_u32(entry.subspan(20))};
            } else {
                take_entry(record, entry);
            }
            area = area.subspan(length);
        }
        if (!next || next->second > sector_bytes) {
            return;
        }
        continuation = read(next->first, next->second);
        area = continuation;
    }
}

void Iso9660::take_entry(Record& record, ConstBytes entry) const {
    const auto name = as_text(entry.first(2));
    if (name == "NM" && entry.size() > 5 && record.long_name.size() <= tree::longest_name) {
        record.long_name += as_text(entry.subspan(5));
    } else if (name == "PX" && entry.size() >= 8) {
        record.mode = load_u32(entry.subspan(4));
    } else if (name == "CL" && entry.size() >= 8) {
        record.real_place = load_u32(entry.subspan(4));
    } else if (name == "RE") {
        record.is_relocated = true;
    }
}

std::string Iso9660::name_of(const Record& record) const {
    if (!record.long_name.empty()) {
        return record.long_name;
    }
    auto name = record.name.substr(0, record.name.find(';'));
    if (name.size() > 1 && name.ends_with('.')) {
        name.pop_back();
    }
    std::ranges::transform(name, name.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return name;
}

/// Where the directory's records lie.
Record Iso9660::directory_at(NodeId id) const {
    auto record = record_at(id);
    if (record.real_place) {
        record = record_at(*record.real_place * sector_bytes);
        record.flags |= is_directory;
    }
    if ((record.flags & is_directory) == 0) {
        damaged("a directory is none");
    }
    return record;
}

ImageReader::Node Iso9660::node(NodeId id) {
    const auto record = record_at(id);
    Node node;
    node.mtime = record.time;
    if ((record.flags & is_directory) != 0 || record.real_place) {
        node.mode = S_IFDIR | 0755;
    } else if (S_ISLNK(record.mode)) {
        node.mode = S_IFLNK | 0777;
        node.target = "?"; // nobody follows links on a medium
    } else {
        node.mode = S_IFREG | 0644;
        for (const auto& run : runs(id)) {
            node.size += run.length;
        }
    }
    return node;
}

std::vector<ImageReader::Child> Iso9660::children(NodeId directory) {
    const auto place = directory_at(directory);
    if (place.size > largest_directory) {
        damaged("a directory is too large");
    }
    const auto start = place.block * sector_bytes;
    const auto bytes = read(start, place.size);
    std::vector<Child> children;
    bool continues = false; // the record before is of the same file
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t length = u8_at(bytes, at);
        if (length == 0) { // the rest of the sector is empty
            at = (at / sector_bytes + 1) * sector_bytes;
            continue;
        }
        if (length > bytes.size() - at) {
            damaged("a directory record is cut off");
        }
        const auto record = parse(ConstBytes(bytes).subspan(at, length));
        const auto is_self =
            record.name.size() == 1 && static_cast<std::uint8_t>(record.name[0]) < 2;
        const auto is_hidden = record.is_relocated || (record.flags & is_associated) != 0;
        if (!is_self && !is_hidden && !continues) {
            children.push_back({name_of(record), start + at});
        }
        continues = (record.flags & has_more) != 0;
        at += length;
    }
    return children;
}

/// The record behind this one: records do not reach from one sector into the next.
ImageReader::NodeId Iso9660::next_record(NodeId id) const {
    const auto next = id + u8_at(read(id, 1), 0);
    if (next % sector_bytes != 0 && u8_at(read(next, 1), 0) != 0) {
        return next;
    }
    return (id / sector_bytes + 1) * sector_bytes;
}

std::vector<RunFile::Run> Iso9660::runs(NodeId file) const {
    std::vector<RunFile::Run> runs;
    std::uint64_t offset = 0;
    std::size_t extents = 0;
    for (auto record = record_at(file);; record = record_at(file)) {
        if (record.size > 0) {
            runs.push_back({offset, record.size, record.block * sector_bytes});
        }
        offset += record.size;
        if ((record.flags & has_more) == 0) {
            return runs;
        }
        if (++extents > most_extents) {
            damaged("a file has too many extents");
        }
        file = next_record(file);
    }
}

std::unique_ptr<ImageFile> Iso9660::open(NodeId file) {
    auto all = runs(file);
    const auto size = all.empty() ? 0 : all.back().offset + all.back().length;
    return std::make_unique<RunFile>(image_, size, std::move(all));
}

} // namespace

std::unique_ptr<ImageReader> open_iso9660(const Blob& image) {
    return std::make_unique<Iso9660>(image);
}

} // namespace slipway::formats
