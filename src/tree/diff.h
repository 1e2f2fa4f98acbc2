// What differs between two trees, without a checkout.
//
// The trees are compared directory by directory, by digest first: equal subtrees are never opened,
// and every directory that differs is opened once on each side. So the cost follows the
// difference, not the trees.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "tree/objects.h"

namespace slipway::tree {

/// The parts of an entry that can differ one by one.
enum class Part : std::uint8_t {
    type,    ///< file, directory, symbolic link, character device, ...
    content, ///< the bytes of a file
    mode,
    owner,
    group,
    mtime,
    xattrs,
    target, ///< of a symbolic link
    device, ///< major and minor number
    link,   ///< which other names are the same inode
};

/// Every part, in the order in which they are told.
inline constexpr std::array<Part, 10> all_parts{
    Part::type,
    Part::content,
    Part::mode,
    Part::owner,
    Part::group,
    Part::mtime,
    Part::xattrs,
    Part::target,
    Part::device,
    Part::link};

/// "content", "mode", ...
std::string_view part_name(Part part);

/// A set of parts.
class Parts {
public:
    Parts() = default;

    Parts(std::initializer_list<Part> parts) {
        for (const auto part : parts) {
            add(part);
        }
    }

    void add(Part part) { bits_ |= bit(part); }

    void remove(Part part) { bits_ &= ~bit(part); }

    void remove(Parts parts) { bits_ &= ~parts.bits_; }

    bool has(Part part) const { return (bits_ & bit(part)) != 0; }

    bool empty() const { return bits_ == 0; }

    friend bool operator==(const Parts&, const Parts&) = default;

private:
    static std::uint32_t bit(Part part) { return 1U << static_cast<unsigned>(part); }

    std::uint32_t bits_ = 0;
};

/// What happened at one path. `before` and `after` are the entry as it was and as it is; at least
/// one is there. Unlike in a Directory, the entry of a subdirectory carries that directory's own
/// attributes. The root's entry has no name and the path "/".
struct Change {
    std::string path; ///< "/etc/passwd"
    std::optional<Entry> before;
    std::optional<Entry> after;
    Parts parts;              ///< what differs; empty for what was added, removed or only renamed
    std::string from{};       ///< the path before, if it was renamed (see renames.h); else empty
    std::uint64_t inside = 0; ///< of a directory renamed: how many entries went with it

    bool added() const { return !before; }

    bool removed() const { return !after; }

    bool renamed() const { return !from.empty(); }

    friend bool operator==(const Change&, const Change&) = default;
};

/// Which parts differ. A difference of type leaves content, target and device out.
Parts compare(const Entry& before, const Entry& after);

/// The names of the extended attributes that were added, removed or changed.
std::vector<std::string> differing_xattrs(const Attributes& before, const Attributes& after);

/// Two trees to compare, and where in them.
struct Comparison {
    std::optional<Digest> before; ///< nothing: everything was added
    std::optional<Digest> after;  ///< nothing: everything was removed
    std::string_view path = "/";  ///< only this entry and what is below it
    Parts ignored{};              ///< an entry that differs in these alone is not told
};

using EachChange = std::function<void(Change change)>;

/// Calls `each` for every path that differs, in the order of the paths' components, a directory
/// before what is in it. A subtree that was added or removed is told entry by entry. A directory is
/// told only if its own attributes differ.
///
/// Memory: two directories for each level of the trees. Throws Fault::not_found if neither tree
/// has `path`, corrupt for a tree nested deeper than deepest_tree.
void diff(const Contents& contents, const Comparison& comparison, const EachChange& each);

} // namespace slipway::tree
