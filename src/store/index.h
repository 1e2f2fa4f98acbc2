// The index: where each object lies. LMDB, memory-mapped, many readers, one writer at a time.
//
// It holds nothing that the packs do not say themselves: it can be rebuilt from them at any time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "store/pack.h"

namespace slipway::store {

/// Packs are numbered in the index, from 1.
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

/// Any thread, any number of processes. Errors: Fault::corrupt for a damaged index, unavailable
/// for a full disk.
class ObjectIndex {
public:
    /// Throws Fault::corrupt if there is none in `directory` and it may not be made.
    enum class Missing { refuse, create };
    ObjectIndex(const std::filesystem::path& directory, Access access, Missing missing);
    ~ObjectIndex();
    ObjectIndex(ObjectIndex&&) noexcept;

    std::optional<Location> find(const Digest& id) const;

    /// Every object whose id starts with `prefix` (whole bytes and one half), at most `limit`.
    std::vector<Digest>
    with_prefix(std::string_view hex_prefix, Kind kind, std::size_t limit) const;

    /// Records a pack and its objects in one durable transaction. An object that is known keeps
    /// its old place. Recording a pack twice changes nothing.
    void add_pack(const Digest& pack, const std::vector<Frame>& frames);

    /// The packs recorded, by number.
    std::map<PackNumber, Digest> packs() const;

    /// Calls `visit` for every object, in the order of ids.
    void each(const std::function<void(const Digest& id, const Location& location)>& visit) const;

    std::uint64_t size() const; ///< objects

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace slipway::store
