// Which files of a system lie together in packs: those that a boot reads, kernel modules, the rest.
//
// What is read early and in small pieces gets small frames, so that little is fetched for nothing.
// What is hardly ever read gets large ones, which compress better.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/digest.h"

namespace slipway::store {

/// In the order in which they are packed.
enum class Group : std::uint8_t {
    metadata,   ///< directories, chunk lists, commits
    hot,        ///< what a boot reads, or is likely to
    modules,    ///< of kernels: some are needed at once, and nobody knows which
    cold,       ///< the rest
    compressed, ///< what is compressed already
};

constexpr std::size_t group_count = 5;

/// Where a file belongs by its path in a tree ("/usr/bin/vim") and its size. A guess, made of what
/// Linux systems boot from; who knows better has a HotList.
Group group_of(std::string_view path, std::uint64_t size);

/// What was seen to be read, in the order of its use.
class HotList {
public:
    HotList() = default;

    /// One path or one object's name a line; lines that are empty or begin with # say nothing.
    /// Throws Fault::usage for what is neither.
    static HotList parse(ConstBytes text);

    /// Its place in the list; nothing if it is not there.
    std::optional<std::uint32_t> rank(std::string_view path, const Digest& content) const;

    bool is_empty() const { return paths_.empty() && objects_.empty(); }

private:
    std::unordered_map<std::string, std::uint32_t> paths_;
    std::unordered_map<Digest, std::uint32_t> objects_;
};

} // namespace slipway::store
