#include "store/index.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/index_state.h"

namespace slipway::store {

namespace {

/// Addresses reserved, not disk used.
constexpr std::size_t map_size = 256ULL << 30U;
constexpr unsigned most_databases = 8;
constexpr unsigned most_readers = 1024;
constexpr off_t lock_file_bytes = 66LL << 10U; ///< at least what LMDB needs for most_readers

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

/// A file as the system knows it.
using FileId = std::pair<dev_t, ino_t>;

/// Nothing if it is not there.
std::optional<FileId> id_of(const std::filesystem::path& file) {
    struct stat status = {};
    if (stat(file.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return FileId{status.st_dev, status.st_ino};
}

void check_present(const std::filesystem::path& file) {
    struct stat status = {};
    if (stat(file.c_str(), &status) != 0 && errno == ENOENT) {
        throw Error(Fault::corrupt, fmt::format("the index {} is missing", file.native()))
            .hint("run `slipway fsck --rebuild-index`");
    }
    if (status.st_size == 0 && S_ISREG(status.st_mode)) {
        throw Error(Fault::corrupt, fmt::format("the index {} is empty", file.native()))
            .hint("run `slipway fsck --rebuild-index`");
    }
}

MDB_env* open_environment(const std::filesystem::path& directory) {
    const auto file = directory / "data.mdb";
    unsigned flags = MDB_NOTLS;
    // A repository that this process may not write is read without locks: its packs are immutable.
    if (access(directory.c_str(), W_OK) != 0) {
        flags |= MDB_RDONLY | MDB_NOLOCK;
    } else {
        if (access(file.c_str(), F_OK) == 0 && access(file.c_str(), W_OK) != 0) {
            flags |= MDB_RDONLY;
        }
        allocate_lock_file(directory);
    }
    MDB_env* environment = nullptr;
    check(mdb_env_create(&environment), "cannot create its environment");
    try {
        check(mdb_env_set_mapsize(environment, map_size), "cannot size its map");
        check(mdb_env_set_maxdbs(environment, most_databases), "cannot set its databases");
        check(mdb_env_set_maxreaders(environment, most_readers), "cannot set its readers");
        check(
            mdb_env_open(environment, directory.c_str(), flags, 0644),
            fmt::format("cannot open {}", directory.native())
        );
    } catch (...) {
        mdb_env_close(environment);
        throw;
    }
    int dead = 0;
    mdb_reader_check(environment, &dead);
    return environment;
}

void visit_all(MDB_env* environment, MDB_dbi database, const ObjectIndex::Visit& visit) {
    const Transaction transaction(environment, Access::read_only);
    Cursor cursor(transaction, database);
    MDB_val key{};
    MDB_val value{};
    while (cursor.move(key, value, MDB_NEXT)) {
        visit(digest_of(key), decode_location(value));
    }
}

std::uint64_t count(MDB_env* environment, MDB_dbi database) {
    const Transaction transaction(environment, Access::read_only);
    MDB_stat statistics = {};
    check(mdb_stat(transaction.get(), database, &statistics), "cannot count objects");
    return statistics.ms_entries;
}

} // namespace

ObjectIndex::ObjectIndex(const std::filesystem::path& directory, Access access, Missing missing) {
    // LMDB's locks are the process's and go when any descriptor of its lock file is closed: two
    // that are open at once would end each other's.
    static Guarded<std::map<FileId, std::weak_ptr<State>>> open_indexes;
    const auto file = directory / "data.mdb";
    if (missing == Missing::refuse) {
        check_present(file);
    }
    const auto open = open_indexes.lock();
    if (const auto id = id_of(file)) {
        const auto known = open->find(*id);
        state_ = known == open->end() ? nullptr : known->second.lock();
    }
    if (!state_) {
        state_ = std::make_shared<State>();
        state_->environment = open_environment(directory);
        std::erase_if(*open, [](const auto& held) { return held.second.expired(); });
        if (const auto id = id_of(file)) {
            (*open)[*id] = state_;
        }
    }
    state_->open_databases(access);
}

ObjectIndex::~ObjectIndex() = default;
ObjectIndex::ObjectIndex(ObjectIndex&&) noexcept = default;

std::optional<Location> ObjectIndex::find(const Digest& id) const {
    {
        const Transaction transaction(state_->environment, Access::read_only);
        if (const auto found = transaction.find(state_->objects, id.view())) {
            return decode_location(*found);
        }
    }
    const auto condemned = state_->condemned();
    if (!condemned) {
        return std::nullopt;
    }
    const Transaction transaction(state_->environment, Access::read_only);
    auto found = transaction.find(*condemned, id.view());
    if (!found) { // it may have been taken back between the two
        found = transaction.find(state_->objects, id.view());
    }
    return found ? std::optional(decode_location(*found)) : std::nullopt;
}

bool ObjectIndex::holds(const Digest& id) const {
    const Transaction transaction(state_->environment, Access::read_only);
    return transaction.find(state_->objects, id.view()).has_value();
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
        if (decode_location(value).kind == kind) {
            found.push_back(id);
        }
    }
    return found;
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

std::optional<Digest> ObjectIndex::pack(PackNumber number) const {
    ByteWriter key;
    key.u32(number);
    const Transaction transaction(state_->environment, Access::read_only);
    const auto found = transaction.find(state_->packs, key.view());
    return found ? std::optional(digest_of(*found)) : std::nullopt;
}

void ObjectIndex::each(const Visit& visit) const {
    visit_all(state_->environment, state_->objects, visit);
}

void ObjectIndex::each_condemned(const Visit& visit) const {
    if (const auto condemned = state_->condemned()) {
        visit_all(state_->environment, *condemned, visit);
    }
}

std::uint64_t ObjectIndex::size() const {
    return count(state_->environment, state_->objects);
}

std::uint64_t ObjectIndex::condemned() const {
    const auto condemned = state_->condemned();
    return condemned ? count(state_->environment, *condemned) : 0;
}

} // namespace slipway::store
