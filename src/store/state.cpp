#include "store/state.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::store {

namespace {

/// What makes each version of the one before; the first of an empty database.
constexpr std::array schema_steps{
    R"(
    CREATE TABLE IF NOT EXISTS branches (
        name     TEXT PRIMARY KEY,
        tip      BLOB NOT NULL,
        sequence INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS moves (
        branch   TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        tip      BLOB NOT NULL,
        time     INTEGER NOT NULL,
        who      TEXT NOT NULL,
        reason   TEXT NOT NULL,
        PRIMARY KEY (branch, sequence)
    ) WITHOUT ROWID;
)",
    R"(
    CREATE TABLE tags (
        name     TEXT PRIMARY KEY,
        target   BLOB NOT NULL,
        time     INTEGER NOT NULL,
        who      TEXT NOT NULL
    ) WITHOUT ROWID;
)",
    R"(
    CREATE TABLE signatures (
        target    BLOB NOT NULL,
        id        BLOB NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (target, id)
    ) WITHOUT ROWID;
    CREATE TABLE statements (
        branch    TEXT PRIMARY KEY,
        sequence  INTEGER NOT NULL,
        statement BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE key_sets (
        sequence INTEGER PRIMARY KEY,
        key_set  BLOB NOT NULL
    );
    CREATE TABLE leases (
        holder TEXT NOT NULL,
        target BLOB NOT NULL,
        until  INTEGER NOT NULL,
        PRIMARY KEY (holder, target)
    ) WITHOUT ROWID;
)",
    R"(
    CREATE TABLE shallow (
        target BLOB PRIMARY KEY
    ) WITHOUT ROWID;
)"};
constexpr std::int64_t schema_version = schema_steps.size();

/// Takes the steps that are missing; an empty database is left alone unless it is to be made.
void bring_up_to_date(Database& database, Database::Mode mode) {
    if (mode == Database::Mode::read_only) {
        return;
    }
    const auto is_behind = [&] {
        const auto version = version_of(database);
        return version < schema_version && (version > 0 || mode == Database::Mode::create);
    };
    if (!is_behind()) {
        return;
    }
    WriteTransaction transaction(database);
    if (!is_behind()) {
        return; // another process, perhaps a newer one, was faster
    }
    for (auto version = version_of(database); version < schema_version; ++version) {
        database.run(schema_steps.at(static_cast<std::size_t>(version)));
    }
    database.run(fmt::format("PRAGMA user_version = {}", schema_version));
    transaction.commit();
}

} // namespace

std::int64_t version_of(Database& database) {
    Statement statement(database, "PRAGMA user_version");
    statement.step();
    return statement.number(0);
}

State::State(const std::filesystem::path& file, Database::Mode mode) : database_(file, mode) {
    const auto database = database_.lock();
    bring_up_to_date(*database, mode);
    const auto version = version_of(*database);
    if (version == 0) {
        throw Error(Fault::corrupt, fmt::format("{} is empty", file.native()))
            .hint("bring it back from a copy: it names the branches");
    }
    if (version < 0 || version > schema_version) {
        throw Error(
            Fault::usage,
            fmt::format("{} has version {}, known is {}", file.native(), version, schema_version)
        )
            .hint("use the slipway that wrote it, or a newer one");
    }
}

} // namespace slipway::store
