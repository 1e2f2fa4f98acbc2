// Small wrappers over LMDB's C API: results, values, a transaction, a cursor.
//
// For the few sources of the index: nothing else includes it. Errors: Fault::corrupt for a damaged
// index, unavailable for a full disk.
#pragma once

#include <string_view>
#include <utility>

#include <lmdb.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "store/index.h"

namespace slipway::store {

/// Throws the Error for an LMDB result that is not success.
void check(int result, std::string_view action);

inline MDB_val value_of(ConstBytes bytes) {
    // NOLINTNEXTLINE(*-const-cast): LMDB does not write through the values it is given.
    return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

inline ConstBytes bytes_of(const MDB_val& value) {
    return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

/// Throws Fault::corrupt unless the value is an object's or a pack's id.
Digest digest_of(const MDB_val& value);

PackNumber number_of(const MDB_val& value);

/// A record of an object (docs/format/index.md).
Buffer encode(const Location& location);
Location decode_location(const MDB_val& value);

/// Aborted unless committed.
class Transaction {
public:
    Transaction(MDB_env* environment, Access access);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    MDB_txn* get() const { return handle_; }

    /// The value of a key: valid until the transaction ends or writes.
    std::optional<MDB_val> find(MDB_dbi database, ConstBytes key) const;

    void put(MDB_dbi database, ConstBytes key, ConstBytes value);

    /// False if there was no such key.
    bool remove(MDB_dbi database, ConstBytes key);

    void commit();

private:
    MDB_txn* handle_ = nullptr;
};

class Cursor {
public:
    Cursor(const Transaction& transaction, MDB_dbi database);

    ~Cursor() { mdb_cursor_close(handle_); }

    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    /// Moves; false at the end.
    bool move(MDB_val& key, MDB_val& value, MDB_cursor_op operation);

private:
    MDB_cursor* handle_ = nullptr;
};

} // namespace slipway::store
