// Packs that come from elsewhere: verified down to the last object before they are used.
#pragma once

#include <filesystem>
#include <optional>

#include "store/repository.h"

namespace slipway::store {

struct IntakeTotals {
    std::uint64_t packs = 0;
    std::uint64_t objects = 0; ///< in them
    std::uint64_t bytes = 0;   ///< of them
};

/// A pack in a file of its own, every object of which is what it is said to be.
struct VerifiedPack {
    std::filesystem::path file;
    Digest name;
    std::vector<Frame> frames;
};

/// One writing session of somebody who brings packs.
class Intake {
public:
    /// `repository` outlives it and is writable. Packs that a dead writer left are adopted first.
    explicit Intake(Repository& repository);

    /// Where packs are to be written that will be taken. Files that end in ".part" stay there for
    /// a later session, though no longer than a week.
    const std::filesystem::path& directory() const { return directory_; }

    /// Makes a pack that lies in directory() one of the repository's; the file is gone afterwards.
    /// Durable on return. A pack with nothing new in it is dropped. One thread at a time. Throws
    /// Fault::unavailable if a dictionary that it needs was collected since it was verified.
    void take(const VerifiedPack& pack);

    const IntakeTotals& totals() const { return totals_; }

private:
    bool is_new(const std::vector<Frame>& frames) const;
    void keep_dictionaries(const std::vector<Frame>& frames) const;

    Repository& repository_;
    std::filesystem::path directory_;
    IntakeTotals totals_;
};

/// Reads all of the pack in `file`, on all cores. Throws Fault::corrupt, and leaves the file, if
/// anything in it is not what it is called, is of another kind than it is said to be, or if it is
/// not the pack `expected`; not_found if a dictionary that it needs is neither in it nor in
/// `dictionaries`. Any thread.
VerifiedPack verify_pack(
    const std::filesystem::path& file,
    const std::optional<Digest>& expected = {},
    const Contents* dictionaries = nullptr
);

} // namespace slipway::store
