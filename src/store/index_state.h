// What an ObjectIndex has open. For the sources of the index.
#pragma once

#include <atomic>

#include "base/guarded.h"
#include "store/lmdb.h"

namespace slipway::store {

struct ObjectIndex::State {
    MDB_env* environment = nullptr;
    MDB_dbi objects = 0; // id -> Location
    MDB_dbi packs = 0;   // pack number (little-endian) -> pack id
    MDB_dbi numbers = 0; // pack id -> pack number
    MDB_dbi meta = 0;    // "version" -> format_version, "last pack" -> the highest number given

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() {
        if (environment != nullptr) {
            mdb_env_close(environment);
        }
    }

    /// Opens what is not open yet; what is not there is made if it may be written.
    void open_databases(Access access);

    /// The database of condemned objects: id -> Location. Nothing if there is none: no collection
    /// has begun yet. Call it before a transaction begins: it has one of its own.
    std::optional<MDB_dbi> condemned() const;

    /// The number of `pack`: its old one, or one that was never given.
    PackNumber number_pack(Transaction& transaction, const Digest& pack) const;

private:
    void check_version(Transaction& transaction, Access access) const;
    PackNumber last_number(const Transaction& transaction) const;

    struct Opened {
        bool basic = false;
        std::optional<MDB_dbi> condemned;
    };

    mutable Guarded<Opened> opened_; // LMDB: one thread at a time opens databases
};

} // namespace slipway::store
