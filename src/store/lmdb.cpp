#include "store/lmdb.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"

namespace slipway::store {

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

Location decode_location(const MDB_val& value) {
    ByteReader reader(bytes_of(value));
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

Transaction::Transaction(MDB_env* environment, Access access) {
    const unsigned flags = access == Access::read_only ? MDB_RDONLY : 0;
    check(mdb_txn_begin(environment, nullptr, flags, &handle_), "cannot begin a transaction");
}

Transaction::~Transaction() {
    if (handle_ != nullptr) {
        mdb_txn_abort(handle_);
    }
}

std::optional<MDB_val> Transaction::find(MDB_dbi database, ConstBytes key) const {
    auto wanted = value_of(key);
    MDB_val value{};
    const auto result = mdb_get(handle_, database, &wanted, &value);
    if (result == MDB_NOTFOUND) {
        return std::nullopt;
    }
    check(result, "cannot look up a record");
    return value;
}

void Transaction::put(MDB_dbi database, ConstBytes key, ConstBytes value) {
    auto name = value_of(key);
    auto content = value_of(value);
    check(mdb_put(handle_, database, &name, &content, 0), "cannot write a record");
}

bool Transaction::remove(MDB_dbi database, ConstBytes key) {
    auto name = value_of(key);
    const auto result = mdb_del(handle_, database, &name, nullptr);
    if (result != MDB_NOTFOUND) {
        check(result, "cannot remove a record");
    }
    return result != MDB_NOTFOUND;
}

void Transaction::commit() {
    check(mdb_txn_commit(std::exchange(handle_, nullptr)), "cannot commit");
}

Cursor::Cursor(const Transaction& transaction, MDB_dbi database) {
    check(mdb_cursor_open(transaction.get(), database, &handle_), "cannot open a cursor");
}

bool Cursor::move(MDB_val& key, MDB_val& value, MDB_cursor_op operation) {
    const auto result = mdb_cursor_get(handle_, &key, &value, operation);
    if (result == MDB_NOTFOUND) {
        return false;
    }
    check(result, "cannot move a cursor");
    return true;
}

} // namespace slipway::store
