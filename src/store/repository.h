// A repository on disk: its packs, their index and its state.
//
//   slipway-repository   text: the format's version
//   packs/HEX.pack       immutable
//   packs/retired/       packs that others took the place of, for who still reads them
//   packs/damaged/       packs that `slipway fsck --quarantine` took out of use
//   index/               LMDB, rebuilt from the packs at any time
//   state.db             SQLite: branches and their moves, tags, signatures, keys
//   server-key           signs head statements; only where there are keys
//   keys-draft           the next key set, while it is being made
//   cache/               what can be thrown away
//
// Several processes may use one repository at once.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/stream.h"
#include "store/branches.h"
#include "store/dictionary_cache.h"
#include "store/frame_cache.h"
#include "store/index.h"
#include "store/key_sets.h"
#include "store/leases.h"
#include "store/locks.h"
#include "store/open_packs.h"
#include "store/paths.h"
#include "store/shallow.h"
#include "store/signatures.h"
#include "store/statements.h"

namespace slipway::store {

/// Makes an empty repository at `root`, which must not exist, be an empty directory, or hold only
/// what such an attempt left that was cut off.
/// Throws Fault::usage if a repository is there already.
void create_repository(const std::filesystem::path& root);

/// Throws Fault::not_found if `root` is no repository, usage if its version is unknown.
void check_repository(const RepositoryPaths& paths);

class Repository final : public Contents {
public:
    /// Who opens a repository to write is a writer (WriterLock) until it is closed, but for one who
    /// holds the CollectorLock.
    enum class Part { writer, collector };
    Repository(const std::filesystem::path& root, Access access, Part part = Part::writer);
    ~Repository() override;

    /// Verified bytes of an object. Throws Fault::corrupt naming object and pack if damaged.
    std::unique_ptr<Blob> open(const Digest& id) const override;

    const RepositoryPaths& paths() const { return paths_; }

    Access access() const { return access_; }

    ObjectIndex& index() const { return *index_; }

    /// The connection that all of the following share.
    const std::shared_ptr<State>& state() const { return state_; }

    Branches& branches() const { return *branches_; }

    Signatures& signatures() const { return *signatures_; }

    Shallow& shallow() const { return *shallow_; }

    KeySets& key_sets() const { return *key_sets_; }

    Statements& statements() const { return *statements_; }

    Leases& leases() const { return *leases_; }

    /// The open pack of that number. Null if it is gone: another has taken its place, or it is
    /// lost.
    std::shared_ptr<const PackFile> pack(PackNumber number) const;

    /// Finishes a pack in packs/ and records it.
    PackContents add_pack(PackWriter& writer) const;

    /// Records packs that lie in packs/ but not in the index: a writer died between the two.
    void adopt_packs() const;

private:
    std::unique_ptr<Blob> read(const Digest& id) const;
    std::shared_ptr<const Buffer> frame(const Location& location) const;
    std::shared_ptr<const Buffer> dictionary(const Digest& id) const;

    RepositoryPaths paths_;
    Access access_;
    std::optional<WriterLock> writer_; // first: before anything is looked up
    std::unique_ptr<ObjectIndex> index_;
    std::shared_ptr<State> state_;
    std::unique_ptr<MoveRules> rules_;
    std::unique_ptr<Branches> branches_;
    std::unique_ptr<Signatures> signatures_;
    std::unique_ptr<Shallow> shallow_;
    std::unique_ptr<KeySets> key_sets_;
    std::unique_ptr<Statements> statements_;
    std::unique_ptr<Leases> leases_;
    mutable FrameCache frames_;
    mutable DictionaryCache dictionaries_;
    mutable OpenPacks packs_;
};

} // namespace slipway::store
