// A repository on disk: its packs, their index and its state.
//
//   slipway-repository   text: the format's version
//   packs/HEX.pack       immutable
//   packs/damaged/       packs that `slipway fsck --quarantine` took out of use
//   index/               LMDB, rebuilt from the packs at any time
//   state.db             SQLite: branches and their moves, tags, signatures
//   cache/               what can be thrown away
//
// Several processes may use one repository at once.
#pragma once

#include <filesystem>
#include <memory>
#include <unordered_map>

#include "base/guarded.h"
#include "base/stream.h"
#include "store/branches.h"
#include "store/dictionary_cache.h"
#include "store/frame_cache.h"
#include "store/index.h"
#include "store/signatures.h"

namespace slipway::store {

/// Where things lie below a repository's root.
struct RepositoryPaths {
    std::filesystem::path root;

    std::filesystem::path marker() const { return root / "slipway-repository"; }

    std::filesystem::path packs() const { return root / "packs"; }

    std::filesystem::path damaged_packs() const { return packs() / "damaged"; }

    std::filesystem::path index() const { return root / "index"; }

    std::filesystem::path state() const { return root / "state.db"; }

    std::filesystem::path cache() const { return root / "cache"; }
};

/// Makes an empty repository at `root`, which must not exist or be an empty directory.
/// Throws Fault::usage if a repository is there already.
void create_repository(const std::filesystem::path& root);

/// Throws Fault::not_found if `root` is no repository, usage if its version is unknown.
void check_repository(const RepositoryPaths& paths);

class Repository final : public Contents {
public:
    Repository(const std::filesystem::path& root, Access access);
    ~Repository() override;

    /// Verified bytes of an object. Throws Fault::corrupt naming object and pack if damaged.
    std::unique_ptr<Blob> open(const Digest& id) const override;

    const RepositoryPaths& paths() const { return paths_; }

    Access access() const { return access_; }

    ObjectIndex& index() const { return *index_; }

    Branches& branches() const { return *branches_; }

    Signatures& signatures() const { return *signatures_; }

    /// The open pack of that number, kept open.
    std::shared_ptr<const PackFile> pack(PackNumber number) const;

    /// Records packs that lie in packs/ but not in the index: a writer died between the two.
    void adopt_packs() const;

private:
    std::unique_ptr<Blob> read(const Digest& id, const Location& location) const;
    std::shared_ptr<const Buffer> frame(const Location& location) const;
    std::shared_ptr<const Buffer> dictionary(const Digest& id) const;

    RepositoryPaths paths_;
    Access access_;
    std::unique_ptr<ObjectIndex> index_;
    std::unique_ptr<Branches> branches_;
    std::unique_ptr<Signatures> signatures_;
    mutable FrameCache frames_;
    mutable DictionaryCache dictionaries_;
    mutable Guarded<std::unordered_map<PackNumber, std::shared_ptr<const PackFile>>> packs_;
};

} // namespace slipway::store
