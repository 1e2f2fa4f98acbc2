// state.db: the one SQLite file of what changes in a repository (docs/format/index.md).
//
// Each part of it has a class of its own (Branches, Signatures); they share this connection.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/guarded.h"
#include "store/sqlite.h"

namespace slipway::store {

/// Any thread; several processes at once.
class State {
public:
    /// A database of an earlier version is brought to this one, unless it is opened to be read
    /// only: then it lacks what came later. Throws Fault::usage for a version that is not known,
    /// corrupt for an empty file.
    State(const std::filesystem::path& file, Database::Mode mode);

    /// The connection, for one thread at a time.
    Guarded<Database>::Access lock() { return database_.lock(); }

private:
    Guarded<Database> database_;
};

/// Versions that added tables. Who reads only may meet a database that is older.
constexpr std::int64_t version_of_tags = 2;
constexpr std::int64_t version_of_trust = 3; ///< signatures, statements, key_sets, leases
constexpr std::int64_t version_of_shallow = 4;

/// The version that an open database has.
std::int64_t version_of(Database& database);

} // namespace slipway::store
