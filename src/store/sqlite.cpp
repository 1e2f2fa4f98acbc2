#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"

namespace slipway::store {

namespace {

constexpr int lock_timeout_ms = 30'000;
constexpr const char* damage_hint =
    "bring it back from a copy: it names the branches, the commits are safe in packs/";

Fault fault_of(int code) {
    switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return Fault::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return Fault::refused;
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
        return Fault::internal;
    default:
        return Fault::unavailable;
    }
}

[[noreturn]] void fail(sqlite3* handle, int code) {
    const auto* const reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    throw Error(fault_of(code), fmt::format("state.db: {}", reason));
}

int open_handle(const std::string& name, int flags, sqlite3** handle) {
    const auto code = sqlite3_open_v2(name.c_str(), handle, flags | SQLITE_OPEN_URI, nullptr);
    if (code != SQLITE_OK) {
        return code;
    }
    sqlite3_busy_timeout(*handle, lock_timeout_ms);
    // Opening is lazy: the first read tells whether the file can be used.
    return sqlite3_exec(*handle, "PRAGMA schema_version", nullptr, nullptr, nullptr);
}

/// The path as an SQLite URI.
std::string uri_of(const std::filesystem::path& file, std::string_view parameters) {
    const auto path = std::filesystem::absolute(file);
    std::string uri = "file:";
    for (const auto c : path.native()) {
        if (c == '%' || c == '?' || c == '#') {
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        } else {
            uri += c;
        }
    }
    return uri + std::string(parameters);
}

} // namespace

Database::Database(const std::filesystem::path& file, Mode mode) {
    std::error_code unknown;
    if (mode != Mode::create && !std::filesystem::exists(file, unknown) && !unknown) {
        throw Error(Fault::corrupt, fmt::format("{} is missing", file.native())).hint(damage_hint);
    }
    int code = SQLITE_OK;
    if (mode == Mode::read_only) {
        code = open_handle(uri_of(file, "?mode=ro"), SQLITE_OPEN_READONLY, &handle_);
        if (code != SQLITE_OK) {
            // Where no lock file can be made nobody writes either.
            sqlite3_close(handle_);
            code = open_handle(uri_of(file, "?immutable=1"), SQLITE_OPEN_READONLY, &handle_);
        }
    } else {
        const int create = mode == Mode::create ? SQLITE_OPEN_CREATE : 0;
        code = open_handle(uri_of(file, ""), SQLITE_OPEN_READWRITE | create, &handle_);
    }
    if (code != SQLITE_OK) {
        Error error(
            fault_of(code),
            fmt::format("cannot open {}: {}", file.native(), sqlite3_errmsg(handle_))
        );
        sqlite3_close(handle_);
        throw error.fault() == Fault::corrupt ? std::move(error).hint(damage_hint) : error;
    }
    if (mode != Mode::read_only) {
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
    }
}

Database::~Database() {
    sqlite3_close(handle_);
}

void Database::run(const std::string& statements) {
    const auto code = sqlite3_exec(handle_, statements.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(handle_, code);
    }
}

int Database::changes() const {
    return sqlite3_changes(handle_);
}

Statement::Statement(Database& database, std::string_view text) : database_(database) {
    const auto code = sqlite3_prepare_v2(
        database.handle(), text.data(), static_cast<int>(text.size()), &handle_, nullptr
    );
    if (code != SQLITE_OK) {
        fail(database.handle(), code);
    }
}

Statement::~Statement() {
    sqlite3_finalize(handle_);
}

Statement& Statement::bind(std::string_view text) {
    sqlite3_bind_text(
        handle_, ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT // NOLINT
    );
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    sqlite3_bind_int64(handle_, ++bound_, number);
    return *this;
}

Statement& Statement::bind(const Digest& digest) {
    return bind(digest.view());
}

Statement& Statement::bind(ConstBytes bytes) {
    sqlite3_bind_blob(
        handle_,
        ++bound_,
        bytes.data(),
        static_cast<int>(bytes.size()),
        SQLITE_TRANSIENT // NOLINT
    );
    return *this;
}

bool Statement::step() {
    const auto code = sqlite3_step(handle_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        fail(database_.handle(), code);
    }
    return code == SQLITE_ROW;
}

std::string Statement::text(int column) const {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(handle_, column);
}

Digest Statement::digest(int column) const {
    const auto bytes = text(column);
    if (bytes.size() != sizeof(Digest)) {
        throw Error(Fault::corrupt, "state.db: a commit id is damaged");
    }
    return Digest::from_bytes(as_bytes(bytes));
}

WriteTransaction::WriteTransaction(Database& database) : database_(database) {
    database_.run("BEGIN IMMEDIATE");
}

WriteTransaction::~WriteTransaction() {
    if (open_) {
        sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void WriteTransaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

} // namespace slipway::store
