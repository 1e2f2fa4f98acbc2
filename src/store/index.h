// The index: where each object lies. LMDB, memory-mapped, many readers, one writer at a time.
//
// It holds nothing that the packs do not say themselves: it can be rebuilt from them at any time.
// But for one thing, which it may forget: which objects are condemned. Those are no longer needed
// and wait to be collected: they can be read, but nobody may begin to refer to one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "store/pack.h"

namespace slipway::store {

/// Packs are numbered in the index, from 1. A number is never given twice.
using PackNumber = std::uint32_t;

/// Where an object lies: a slice of a frame of a pack.
struct Location {
    PackNumber pack = 0;
    FramePlace frame;
    Kind kind = Kind::chunk;
    std::uint32_t offset = 0; ///< in the decoded frame
    std::uint32_t length = 0;
    friend bool operator==(const Location&, const Location&) = default;
};

enum class Access { read_only, read_write };

/// A pack and what it says of itself.
using PackContents = PackWriter::Finished;

/// Any thread, any number of processes. Errors: Fault::corrupt for a damaged index, unavailable
/// for a full disk.
class ObjectIndex {
public:
    /// Throws Fault::corrupt if there is none in `directory` and it may not be made.
    enum class Missing { refuse, create };
    ObjectIndex(const std::filesystem::path& directory, Access access, Missing missing);
    ~ObjectIndex();
    ObjectIndex(ObjectIndex&&) noexcept;

    /// Where an object can be read, condemned or not.
    std::optional<Location> find(const Digest& id) const;

    /// True if there is such an object and it is not condemned: others may refer to it.
    bool holds(const Digest& id) const;

    /// Every object that is not condemned and whose id starts with `prefix` (whole bytes and one
    /// half), at most `limit`.
    std::vector<Digest>
    with_prefix(std::string_view hex_prefix, Kind kind, std::size_t limit) const;

    /// Records a pack and its objects in one durable transaction. An object that is held keeps
    /// its old place; one that is condemned is held anew, even in a pack that was recorded before.
    void add_pack(const Digest& pack, const std::vector<Frame>& frames);

    /// Puts `added` in the place of `removed`, in one durable transaction: what is recorded in a
    /// removed pack is recorded in an added one from now on, and the removed packs are forgotten.
    /// Condemned objects that no added pack has are forgotten with them.
    ///
    /// The added packs are durable in packs/ by then; the removed ones have left it
    /// (retire_pack()), or the next writer would record them anew. Throws Fault::internal, and
    /// changes nothing, if an object that is not condemned would be lost.
    void replace(const std::vector<PackContents>& removed, const std::vector<PackContents>& added);

    /// True if replace() could do without the pack: no object is held in it, but for those in
    /// `elsewhere`.
    bool can_go(const PackContents& pack, const std::unordered_set<Digest>& elsewhere) const;

    /// Condemns those of the objects that are held, in one durable transaction.
    void condemn(const std::vector<Digest>& ids);

    /// Takes that back.
    void reprieve(const std::vector<Digest>& ids);

    /// The packs recorded, by number.
    std::map<PackNumber, Digest> packs() const;

    /// One of them; nothing if it is not recorded any more.
    std::optional<Digest> pack(PackNumber number) const;

    using Visit = std::function<void(const Digest& id, const Location& location)>;

    /// Calls `visit` for every object that is not condemned, in the order of ids, as they are at
    /// one moment.
    void each(const Visit& visit) const;

    /// The same for those that are.
    void each_condemned(const Visit& visit) const;

    std::uint64_t size() const;      ///< objects that are not condemned
    std::uint64_t condemned() const; ///< objects that are

    struct State; ///< for the index's own sources

private:
    std::shared_ptr<State> state_; // one a file and process: LMDB's locks belong to the process
};

} // namespace slipway::store
