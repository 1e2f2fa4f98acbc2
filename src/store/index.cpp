#include "store/index.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <lmdb.h>
#include <unistd.h>

namespace slipway::store {

namespace {

/// Addresses reserved, not disk used.
constexpr std::size_t map_size = 256ULL << 30U;
constexpr unsigned most_databases = 4;
constexpr unsigned most_readers = 1024;
constexpr off_t lock_file_bytes = 66LL << 10U; ///< at least what LMDB needs for most_readers
constexpr std::string_view format_version = "slipway index 1";

/// Throws the Error for an LMDB result that is not success.
void check(int result, std::string_view action) {
    if (result == MDB_SUCCESS) {
        return;
    }
    if (result > 0) {
        throw system_error(result, fmt::format("index: {}", action));
    }
    const auto damaged = result == MDB_CORRUPTED || result == MDB_INVALID ||
                         result == MDB_PAGE_NOTFOUND || result == MDB_VERSION_MISMATCH ||
                         result == MDB_PANIC;
    throw Error(
        damaged ? Fault::corrupt : Fault::unavailable,
        fmt::format("index: {}: {}", action, mdb_strerror(result))
    )
        .hint("run `slipway fsck --rebuild-index`");
}

MDB_val value_of(ConstBytes bytes) {
    // NOLINTNEXTLINE(*-const-cast): LMDB does not write through the values it is given.
    return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

ConstBytes bytes_of(const MDB_val& value) {
    return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

class Transaction {
public:
    Transaction(MDB_env* environment, Access access) {
        const unsigned flags = access == Access::read_only ? MDB_RDONLY : 0;
        check(mdb_txn_begin(environment, nullptr, flags, &handle_), "cannot begin a transaction");
    }

    ~Transaction() {
        if (handle_ != nullptr) {
            mdb_txn_abort(handle_);
        }
    }

    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    MDB_txn* get() const { return handle_; }

    void commit() { check(mdb_txn_commit(std::exchange(handle_, nullptr)), "cannot commit"); }

private:
    MDB_txn* handle_ = nullptr;
};

class Cursor {
public:
    Cursor(const Transaction& transaction, MDB_dbi database) {
        check(mdb_cursor_open(transaction.get(), database, &handle_), "cannot open a cursor");
    }

    ~Cursor() { mdb_cursor_close(handle_); }

    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    /// Moves; false at the end.
    bool move(MDB_val& key, MDB_val& value, MDB_cursor_op operation) {
        const auto result = mdb_cursor_get(handle_, &key, &value, operation);
        if (result == MDB_NOTFOUND) {
            return false;
        }
        check(result, "cannot move a cursor");
        return true;
    }

private:
    MDB_cursor* handle_ = nullptr;
};

Buffer encode(const Location& location) {
    ByteWriter writer;
    writer.u32(location.pack);
    writer.u64(location.frame.offset);
    writer.u32(location.frame.stored_length);
    writer.u32(location.frame.raw_length);
    writer.u8(static_cast<std::uint8_t>(location.frame.codec));
    writer.u8(static_cast<std::uint8_t>(location.kind));
    writer.u32(location.offset);
    writer.u32(location.length);
    if (needs_dictionary(location.frame)) {
        writer.bytes(location.frame.dictionary.view());
    }
    return std::move(writer).take();
}

Location decode(ConstBytes bytes) {
    ByteReader reader(bytes);
    Location location;
    location.pack = reader.u32();
    location.frame.offset = reader.u64();
    location.frame.stored_length = reader.u32();
    location.frame.raw_length = reader.u32();
    location.frame.codec = static_cast<Codec>(reader.u8());
    location.kind = static_cast<Kind>(reader.u8());
    location.offset = reader.u32();
    location.length = reader.u32();
    if (needs_dictionary(location.frame)) {
        location.frame.dictionary = Digest::from_bytes(reader.bytes(sizeof(Digest)));
    }
    reader.finish("index record");
    return location;
}

Digest digest_of(const MDB_val& value) {
    if (value.mv_size != sizeof(Digest)) {
        throw Error(Fault::corrupt, "index: a key is no object id")
            .hint("run `slipway fsck --rebuild-index`");
    }
    return Digest::from_bytes(bytes_of(value));
}

PackNumber number_of(const MDB_val& value) {
    return ByteReader(bytes_of(value)).u32();
}

/// Has the disk hold LMDB's lock file whole: it is written through a mapping, where a full disk
/// would end the process instead of failing.
void allocate_lock_file(const std::filesystem::path& directory) {
    const auto lock = directory / "lock.mdb";
    const auto file = open_file(lock, O_RDWR | O_CREAT, 0644);
    const auto code = posix_fallocate(file.get(), 0, lock_file_bytes);
    if (code != 0) {
        throw system_error(code, fmt::format("cannot write {}", lock.native()));
    }
}

} // namespace

struct ObjectIndex::State {
    MDB_env* environment = nullptr;
    MDB_dbi objects = 0; // id -> Location
    MDB_dbi packs = 0;   // pack number (little-endian) -> pack id
    MDB_dbi numbers = 0; // pack id -> pack number
    MDB_dbi meta = 0;    // "version" -> format_version

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() {
        if (environment != nullptr) {
            mdb_env_close(environment);
        }
    }

    void open_databases(Access access) {
        Transaction transaction(environment, access);
        const unsigned flags = access == Access::read_write ? MDB_CREATE : 0;
        const auto open = [&](const char* name, MDB_dbi& database) {
            check(mdb_dbi_open(transaction.get(), name, flags, &database), "cannot open it");
        };
        open("objects", objects);
        open("packs", packs);
        open("numbers", numbers);
        open("meta", meta);
        check_version(transaction, access);
        transaction.commit();
    }

    void check_version(const Transaction& transaction, Access access) const {
        auto key = value_of(as_bytes("version"));
        MDB_val value{};
        const auto result = mdb_get(transaction.get(), meta, &key, &value);
        if (result == MDB_NOTFOUND && access == Access::read_write) {
            value = value_of(as_bytes(format_version));
            check(mdb_put(transaction.get(), meta, &key, &value, 0), "cannot write its version");
            return;
        }
        check(result, "cannot read its version");
        if (as_text(bytes_of(value)) != format_version) {
            throw Error(
                Fault::usage,
                fmt::format(
                    "index has version '{}', known is '{}'",
                    as_text(bytes_of(value)),
                    format_version
                )
            )
                .hint("use a newer slipway, or run `slipway fsck --rebuild-index`");
        }
    }

    /// The number of `pack`: its old one, or the next.
    PackNumber number_pack(const Transaction& transaction, const Digest& pack, bool& is_new) const {
        auto key = value_of(pack.view());
        MDB_val value{};
        const auto result = mdb_get(transaction.get(), numbers, &key, &value);
        is_new = result == MDB_NOTFOUND;
        if (!is_new) {
            check(result, "cannot look up a pack");
            return number_of(value);
        }
        MDB_stat statistics = {};
        check(mdb_stat(transaction.get(), packs, &statistics), "cannot count packs");
        ByteWriter number;
        number.u32(static_cast<PackNumber>(statistics.ms_entries + 1));
        value = value_of(number.view());
        check(mdb_put(transaction.get(), numbers, &key, &value, 0), "cannot record a pack");
        check(mdb_put(transaction.get(), packs, &value, &key, 0), "cannot record a pack");
        return static_cast<PackNumber>(statistics.ms_entries + 1);
    }
};

ObjectIndex::ObjectIndex(const std::filesystem::path& directory, Access access, Missing missing)
    : state_(std::make_unique<State>()) {
    const auto file = directory / "data.mdb";
    if (missing == Missing::refuse && ::access(file.c_str(), F_OK) != 0) {
        throw Error(Fault::corrupt, fmt::format("the index {} is missing", file.native()))
            .hint("run `slipway fsck --rebuild-index`");
    }
    std::error_code unknown;
    if (missing == Missing::refuse && std::filesystem::file_size(file, unknown) == 0 && !unknown) {
        throw Error(Fault::corrupt, fmt::format("the index {} is empty", file.native()))
            .hint("run `slipway fsck --rebuild-index`");
    }
    // A repository that this process may not write is read without locks: its packs are immutable.
    unsigned flags = MDB_NOTLS | (access == Access::read_only ? MDB_RDONLY : 0U);
    if (access == Access::read_only && ::access(directory.c_str(), W_OK) != 0) {
        flags |= MDB_NOLOCK;
    } else {
        allocate_lock_file(directory);
    }
    check(mdb_env_create(&state_->environment), "cannot create its environment");
    check(mdb_env_set_mapsize(state_->environment, map_size), "cannot size its map");
    check(mdb_env_set_maxdbs(state_->environment, most_databases), "cannot set its databases");
    check(mdb_env_set_maxreaders(state_->environment, most_readers), "cannot set its readers");
    check(
        mdb_env_open(state_->environment, directory.c_str(), flags, 0644),
        fmt::format("cannot open {}", directory.native())
    );
    int dead = 0;
    mdb_reader_check(state_->environment, &dead);
    state_->open_databases(access);
}

ObjectIndex::~ObjectIndex() = default;
ObjectIndex::ObjectIndex(ObjectIndex&&) noexcept = default;

std::optional<Location> ObjectIndex::find(const Digest& id) const {
    const Transaction transaction(state_->environment, Access::read_only);
    auto key = value_of(id.view());
    MDB_val value{};
    const auto result = mdb_get(transaction.get(), state_->objects, &key, &value);
    if (result == MDB_NOTFOUND) {
        return std::nullopt;
    }
    check(result, "cannot look up an object");
    return decode(bytes_of(value));
}

std::vector<Digest>
ObjectIndex::with_prefix(std::string_view hex_prefix, Kind kind, std::size_t limit) const {
    std::vector<Digest> found;
    std::string first(hex_prefix);
    first.resize(2 * sizeof(Digest), '0');
    const auto start = Digest::parse(first);
    if (!start) {
        return found;
    }
    const Transaction transaction(state_->environment, Access::read_only);
    Cursor cursor(transaction, state_->objects);
    auto key = value_of(start->view());
    MDB_val value{};
    for (auto more = cursor.move(key, value, MDB_SET_RANGE); more && found.size() < limit;
         more = cursor.move(key, value, MDB_NEXT)) {
        const auto id = digest_of(key);
        if (!id.hex().starts_with(hex_prefix)) {
            break;
        }
        if (decode(bytes_of(value)).kind == kind) {
            found.push_back(id);
        }
    }
    return found;
}

void ObjectIndex::add_pack(const Digest& pack, const std::vector<Frame>& frames) {
    Transaction transaction(state_->environment, Access::read_write);
    bool is_new = false;
    const auto number = state_->number_pack(transaction, pack, is_new);
    if (!is_new) {
        return;
    }
    for (const auto& frame : frames) {
        for (const auto& object : frame.objects) {
            const auto record =
                encode({number, frame.place, object.kind, object.offset, object.length});
            auto key = value_of(object.id.view());
            auto value = value_of(record);
            const auto result =
                mdb_put(transaction.get(), state_->objects, &key, &value, MDB_NOOVERWRITE);
            if (result != MDB_KEYEXIST) {
                check(result, "cannot record an object");
            }
        }
    }
    transaction.commit();
}

std::map<PackNumber, Digest> ObjectIndex::packs() const {
    std::map<PackNumber, Digest> found;
    const Transaction transaction(state_->environment, Access::read_only);
    Cursor cursor(transaction, state_->packs);
    MDB_val key{};
    MDB_val value{};
    while (cursor.move(key, value, MDB_NEXT)) {
        found.emplace(number_of(key), digest_of(value));
    }
    return found;
}

void ObjectIndex::each(const std::function<void(const Digest& id, const Location& location)>& visit
) const {
    const Transaction transaction(state_->environment, Access::read_only);
    Cursor cursor(transaction, state_->objects);
    MDB_val key{};
    MDB_val value{};
    while (cursor.move(key, value, MDB_NEXT)) {
        visit(digest_of(key), decode(bytes_of(value)));
    }
}

std::uint64_t ObjectIndex::size() const {
    const Transaction transaction(state_->environment, Access::read_only);
    MDB_stat statistics = {};
    check(mdb_stat(transaction.get(), state_->objects, &statistics), "cannot count objects");
    return statistics.ms_entries;
}

} // namespace slipway::store
