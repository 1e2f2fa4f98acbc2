// rpm's package database: headers as blobs in a table of SQLite.
#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"
#include "formats/packages/databases.h"

namespace slipway::formats {

namespace {

// A header: u32 entries, u32 bytes of data, the entries (tag, type, offset, count), the data. All
// big-endian.
constexpr std::size_t preamble_size = 8;
constexpr std::size_t entry_size = 16;
constexpr std::uint32_t tag_name = 1000;
constexpr std::uint32_t tag_version = 1001;
constexpr std::uint32_t tag_release = 1002;
constexpr std::uint32_t tag_epoch = 1003;
constexpr std::uint32_t tag_architecture = 1022;
constexpr std::uint32_t type_int32 = 4;
constexpr std::uint32_t type_string = 6;

constexpr int largest_header = 256 << 20; // as rpm's own limit
constexpr int most_steps = 1'000'000'000; // of SQLite's virtual machine
constexpr int steps_between_looks = 1'000'000;

std::uint32_t big_endian_u32(ConstBytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (const auto byte : bytes.subspan(at, 4)) {
        value = value << 8U | std::to_integer<std::uint32_t>(byte);
    }
    return value;
}

[[noreturn]] void refuse(std::string_view why) {
    throw Error(Fault::corrupt, fmt::format("rpm: {}", why));
}

/// The index and the data of a header, their sizes checked.
class Header {
public:
    explicit Header(ConstBytes blob) {
        if (blob.size() < preamble_size) {
            refuse("a package header is too short");
        }
        const std::uint64_t count = big_endian_u32(blob, 0);
        const std::uint64_t data_size = big_endian_u32(blob, 4);
        if (count * entry_size + data_size != blob.size() - preamble_size) {
            refuse("a package header has a wrong size");
        }
        entries_ = blob.subspan(preamble_size, count * entry_size);
        data_ = blob.subspan(preamble_size + count * entry_size);
    }

    /// The text under `tag`; empty if there is none.
    std::string text(std::uint32_t tag) const {
        const auto place = find(tag, type_string);
        if (!place) {
            return "";
        }
        const auto rest = as_text(*place);
        const auto end = rest.find('\0');
        if (end == std::string_view::npos) {
            refuse("a text in a package header has no end");
        }
        return std::string(rest.substr(0, end));
    }

    std::optional<std::uint32_t> number(std::uint32_t tag) const {
        const auto place = find(tag, type_int32);
        if (!place) {
            return std::nullopt;
        }
        if (place->size() < 4) {
            refuse("a number in a package header is cut off");
        }
        return big_endian_u32(*place, 0);
    }

private:
    /// The data from where `tag` points.
    std::optional<ConstBytes> find(std::uint32_t tag, std::uint32_t type) const {
        for (std::size_t at = 0; at < entries_.size(); at += entry_size) {
            if (big_endian_u32(entries_, at) != tag || big_endian_u32(entries_, at + 4) != type) {
                continue;
            }
            const auto offset = big_endian_u32(entries_, at + 8);
            if (offset > data_.size() || big_endian_u32(entries_, at + 12) == 0) {
                refuse("a package header points past its end");
            }
            return data_.subspan(offset);
        }
        return std::nullopt;
    }

    ConstBytes entries_;
    ConstBytes data_;
};

struct CloseDatabase {
    void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};

struct EndStatement {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
};

/// Allows reading the table of packages and nothing else, whatever the database defines.
int allow( // NOLINT(readability-function-size): SQLite says what it takes.
    void* /*context*/,
    int action,
    const char* first,
    const char* /*second*/,
    const char* /*third*/,
    const char* inner
) {
    const auto is_packages = first != nullptr && std::string_view(first) == "Packages";
    const auto allowed =
        inner == nullptr && (action == SQLITE_SELECT || (action == SQLITE_READ && is_packages));
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

/// Ends what runs for ever.
int look(void* steps_left) {
    auto& left = *static_cast<int*>(steps_left);
    left -= steps_between_looks;
    return left < 0 ? 1 : 0;
}

/// A database that asks for more memory than there is counts as damaged: its pages say how much.
void expect(int code, int wanted, sqlite3* handle) {
    if (code != wanted) {
        refuse(fmt::format("its database cannot be read: {}", sqlite3_errmsg(handle)));
    }
}

/// A database in memory that is only read.
class MemoryDatabase {
public:
    explicit MemoryDatabase(Buffer bytes) : bytes_(std::move(bytes)) {
        leave_write_ahead_mode();
        sqlite3* handle = nullptr;
        const auto opened = sqlite3_open_v2(
            ":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, nullptr
        );
        handle_.reset(handle);
        expect(opened, SQLITE_OK, handle);
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, largest_header);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        const auto size = static_cast<sqlite3_int64>(bytes_.size());
        auto* const data =
            reinterpret_cast<unsigned char*>(bytes_.data()); // NOLINT: SQLite's type.
        expect(
            sqlite3_deserialize(handle, "main", data, size, size, SQLITE_DESERIALIZE_READONLY),
            SQLITE_OK,
            handle
        );
        sqlite3_set_authorizer(handle, allow, nullptr);
        sqlite3_progress_handler(handle, steps_between_looks, look, &steps_left_);
    }

    template <typename EachBlob>
    void for_each_package(const EachBlob& each) {
        sqlite3_stmt* raw = nullptr;
        const auto prepared =
            sqlite3_prepare_v2(handle_.get(), "SELECT blob FROM Packages", -1, &raw, nullptr);
        const std::unique_ptr<sqlite3_stmt, EndStatement> statement(raw);
        expect(prepared, SQLITE_OK, handle_.get());
        int code = sqlite3_step(raw);
        for (; code == SQLITE_ROW; code = sqlite3_step(raw)) {
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, 0));
            const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(raw, 0));
            each(data == nullptr ? ConstBytes() : ConstBytes(data, size));
        }
        expect(code, SQLITE_DONE, handle_.get());
    }

private:
    /// rpm's databases say that a write-ahead log belongs to them, which there is none of in
    /// memory. The two bytes of the file header that say so are 18 and 19.
    void leave_write_ahead_mode() {
        constexpr std::size_t header_size = 100;
        constexpr std::byte write_ahead{2};
        constexpr std::byte rollback{1};
        if (bytes_.size() >= header_size && bytes_[18] == write_ahead) {
            bytes_[18] = rollback;
            bytes_[19] = rollback;
        }
    }

    Buffer bytes_; // before the handle: it outlives it
    int steps_left_ = most_steps;
    std::unique_ptr<sqlite3, CloseDatabase> handle_;
};

} // namespace

Package parse_rpm_header(ConstBytes blob) {
    const Header header(blob);
    Package package;
    package.name = header.text(tag_name);
    const auto version = header.text(tag_version);
    const auto release = header.text(tag_release);
    if (package.name.empty() || version.empty()) {
        refuse("a package has no name or no version");
    }
    const auto epoch = header.number(tag_epoch);
    package.version = epoch ? fmt::format("{}:{}", *epoch, version) : version;
    if (!release.empty()) {
        package.version += "-" + release;
    }
    package.architecture = header.text(tag_architecture);
    return package;
}

std::vector<Package> parse_rpm_sqlite(Buffer database) {
    std::vector<Package> packages;
    if (database.empty()) {
        return packages;
    }
    MemoryDatabase(std::move(database)).for_each_package([&](ConstBytes blob) {
        packages.push_back(parse_rpm_header(blob));
    });
    return packages;
}

} // namespace slipway::formats
