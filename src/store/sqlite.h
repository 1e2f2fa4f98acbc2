// Small wrappers over SQLite's C API: a connection, a statement, a transaction.
//
// One connection serves one thread at a time. Errors: Fault::corrupt for a damaged database,
// refused for a read-only one, unavailable for a full disk or a database kept locked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::store {

class Database {
public:
    enum class Mode { create, read_write, read_only };
    Database(const std::filesystem::path& file, Mode mode);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// Runs statements that yield no rows and take no values.
    void run(const std::string& statements);

    /// Rows changed by the last statement.
    int changes() const;

    sqlite3* handle() const { return handle_; }

private:
    sqlite3* handle_ = nullptr;
};

/// One prepared statement; bind the values in order, then step through its rows.
class Statement {
public:
    Statement(Database& database, std::string_view text);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    Statement& bind(const Digest& digest);
    Statement& bind(ConstBytes bytes);

    /// True while there is a row.
    bool step();

    std::string text(int column) const; ///< of bytes too
    std::int64_t number(int column) const;

    /// Throws Fault::corrupt if the column holds no digest.
    Digest digest(int column) const;

private:
    Database& database_;
    sqlite3_stmt* handle_ = nullptr;
    int bound_ = 0;
};

/// Holds the write lock from construction; rolled back unless committed.
class WriteTransaction {
public:
    explicit WriteTransaction(Database& database);
    ~WriteTransaction();
    WriteTransaction(const WriteTransaction&) = delete;
    WriteTransaction& operator=(const WriteTransaction&) = delete;

    void commit();

private:
    Database& database_;
    bool open_ = true;
};

} // namespace slipway::store
