// Where things lie in a repository.
#pragma once

#include <filesystem>

namespace slipway::store {

/// Where things lie below a repository's root.
struct RepositoryPaths {
    std::filesystem::path root;

    std::filesystem::path marker() const { return root / "slipway-repository"; }

    std::filesystem::path packs() const { return root / "packs"; }

    std::filesystem::path damaged_packs() const { return packs() / "damaged"; }

    std::filesystem::path retired_packs() const { return packs() / "retired"; }

    std::filesystem::path locks() const { return root / "locks"; }

    std::filesystem::path index() const { return root / "index"; }

    std::filesystem::path state() const { return root / "state.db"; }

    std::filesystem::path server_key() const { return root / "server-key"; }

    std::filesystem::path keys_draft() const { return root / "keys-draft"; }

    std::filesystem::path cache() const { return root / "cache"; }
};

} // namespace slipway::store
