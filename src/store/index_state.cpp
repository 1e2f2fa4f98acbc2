#include "store/index_state.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::store {

namespace {

constexpr std::string_view format_version = "slipway index 1";
constexpr std::string_view version_key = "version";
constexpr std::string_view last_pack_key = "last pack";
constexpr const char* condemned_name = "condemned";

} // namespace

void ObjectIndex::State::open_databases(Access access) {
    const auto opened = opened_.lock();
    const auto writes = access == Access::read_write;
    if (opened->basic && (opened->condemned || !writes)) {
        return;
    }
    Transaction transaction(environment, access);
    const unsigned flags = writes ? MDB_CREATE : 0;
    const auto open = [&](const char* name, MDB_dbi& database) {
        check(mdb_dbi_open(transaction.get(), name, flags, &database), "cannot open it");
    };
    open("objects", objects);
    open("packs", packs);
    open("numbers", numbers);
    open("meta", meta);
    MDB_dbi condemned = 0;
    if (writes) {
        open(condemned_name, condemned);
    }
    check_version(transaction, access);
    transaction.commit();
    opened->basic = true;
    if (writes) {
        opened->condemned = condemned;
    }
}

std::optional<MDB_dbi> ObjectIndex::State::condemned() const {
    const auto opened = opened_.lock();
    if (!opened->condemned) {
        // An index of before there were collections: another process may have made it since.
        Transaction transaction(environment, Access::read_only);
        MDB_dbi database = 0;
        const auto result = mdb_dbi_open(transaction.get(), condemned_name, 0, &database);
        if (result == MDB_NOTFOUND) {
            return std::nullopt;
        }
        check(result, "cannot open it");
        transaction.commit();
        opened->condemned = database;
    }
    return opened->condemned;
}

void ObjectIndex::State::check_version(Transaction& transaction, Access access) const {
    const auto found = transaction.find(meta, as_bytes(version_key));
    if (!found && access == Access::read_write) {
        transaction.put(meta, as_bytes(version_key), as_bytes(format_version));
        return;
    }
    const auto text = found ? as_text(bytes_of(*found)) : std::string_view();
    if (text != format_version) {
        throw Error(
            Fault::usage, fmt::format("index has version '{}', known is '{}'", text, format_version)
        )
            .hint("use a newer slipway, or run `slipway fsck --rebuild-index`");
    }
}

/// The highest number ever given.
PackNumber ObjectIndex::State::last_number(const Transaction& transaction) const {
    if (const auto last = transaction.find(meta, as_bytes(last_pack_key))) {
        return number_of(*last);
    }
    // Of before packs could go: all that were given are there.
    PackNumber last = 0;
    Cursor cursor(transaction, packs);
    MDB_val key{};
    MDB_val value{};
    while (cursor.move(key, value, MDB_NEXT)) {
        last = std::max(last, number_of(key));
    }
    return last;
}

PackNumber ObjectIndex::State::number_pack(Transaction& transaction, const Digest& pack) const {
    if (const auto known = transaction.find(numbers, pack.view())) {
        return number_of(*known);
    }
    const auto number = last_number(transaction) + 1;
    ByteWriter encoded;
    encoded.u32(number);
    transaction.put(numbers, pack.view(), encoded.view());
    transaction.put(packs, encoded.view(), pack.view());
    transaction.put(meta, as_bytes(last_pack_key), encoded.view());
    return number;
}

} // namespace slipway::store
