// The object model: what slipway keeps of an operating system tree.
//
// Four kinds of object, each named by the SHA-256 of its bytes: a chunk (raw file bytes), a chunk
// list (a long file), a directory (its own attributes and its entries) and a commit. Plain values;
// the codecs that turn them into bytes are in codec.h. Normative: docs/format/objects.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace slipway::tree {

/// What an object is. Kept in packs as a hint; its bytes and its name decide.
enum class Kind : std::uint8_t { chunk = 0, chunk_list = 1, directory = 2, commit = 3 };

// Limits of the format.
constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_target = 4095;
constexpr std::size_t longest_xattr_name = 255;
constexpr std::size_t longest_xattr_value = 65536;
constexpr std::uint64_t largest_chunk = 1ULL << 20U;
constexpr std::uint64_t largest_single_chunk = 256ULL << 10U; ///< a file up to this is one chunk
constexpr std::uint64_t largest_object = 64ULL << 20U;
constexpr std::uint64_t largest_commit = 1ULL << 20U;
constexpr std::uint64_t zero_block = 4096; ///< zeros are looked for in aligned blocks of this size
constexpr std::uint64_t shortest_zeros = 16 * zero_block; ///< less is kept as data
constexpr std::uint64_t largest_file = 1ULL << 62U;

/// Seconds since 1970 and nanoseconds below 10^9.
struct Time {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    friend bool operator==(const Time&, const Time&) = default;
};

struct Xattr {
    std::string name; ///< with its prefix: "security.capability"
    std::string value;
    friend bool operator==(const Xattr&, const Xattr&) = default;
};

/// Everything but the payload. Owners and permissions as stat(2) gives them.
struct Attributes {
    std::uint32_t mode = 0; ///< permission bits with setuid, setgid and sticky: 07777 at most
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    Time mtime{};
    std::vector<Xattr> xattrs{}; ///< by name, each once
    friend bool operator==(const Attributes&, const Attributes&) = default;
};

/// Names one group of hard links in a tree: the first 16 bytes of the SHA-256 of the path of its
/// first member ("/usr/bin/perl"), members taken in the order of their paths' components.
struct LinkId {
    std::array<std::uint8_t, 16> bytes{};
    static LinkId of_path(std::string_view path);
    friend bool operator==(const LinkId&, const LinkId&) = default;
    friend auto
    operator<=>(const LinkId&, const LinkId&) = default; // NOLINT(modernize-use-nullptr)
};

/// `content` names a chunk if size <= largest_single_chunk, else a chunk list; zero if size is 0.
struct File {
    std::uint64_t size = 0;
    Digest content;
    friend bool operator==(const File&, const File&) = default;
};

/// A directory's attributes are in the directory object itself.
struct Subdirectory {
    Digest directory;
    friend bool operator==(const Subdirectory&, const Subdirectory&) = default;
};

struct Symlink {
    std::string target;
    friend bool operator==(const Symlink&, const Symlink&) = default;
};

enum class DeviceKind : std::uint8_t { character, block };

struct Device {
    DeviceKind kind = DeviceKind::character;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    friend bool operator==(const Device&, const Device&) = default;
};

struct Fifo {
    friend bool operator==(const Fifo&, const Fifo&) = default;
};

struct Socket {
    friend bool operator==(const Socket&, const Socket&) = default;
};

using Node = std::variant<File, Subdirectory, Symlink, Device, Fifo, Socket>;

struct Entry {
    std::string name; ///< bytes: 1 to 255 of them, no '/' and no NUL, not "." or ".."
    Node node;
    Attributes attributes;      ///< all defaults for a Subdirectory
    std::optional<LinkId> link; ///< set if other entries of the tree are the same inode
    friend bool operator==(const Entry&, const Entry&) = default;
};

struct Directory {
    Attributes attributes;
    std::vector<Entry> entries; ///< by name as unsigned bytes, each once
    friend bool operator==(const Directory&, const Directory&) = default;
};

/// A run of a long file: a chunk, or zeros if `chunk` is empty.
struct Run {
    std::uint64_t length = 0;
    std::optional<Digest> chunk;
    friend bool operator==(const Run&, const Run&) = default;
};

/// The runs of a file longer than largest_single_chunk, in order, none empty.
struct ChunkList {
    std::vector<Run> runs;
    std::uint64_t size() const;
    friend bool operator==(const ChunkList&, const ChunkList&) = default;
};

/// Something known about a commit: "os.version" = "12 (bookworm)". No newline in either.
struct Fact {
    std::string name; ///< lower-case letters, digits, '.', '-' and '_'
    std::string value;
    friend bool operator==(const Fact&, const Fact&) = default;
};

struct Commit {
    Digest tree; ///< the root directory
    std::vector<Digest> parents;
    std::string author;
    std::int64_t time = 0;   ///< seconds since 1970, UTC; years 0001 to 9999
    std::vector<Fact> facts; ///< by name, each once
    std::string message;     ///< UTF-8
    friend bool operator==(const Commit&, const Commit&) = default;
};

} // namespace slipway::tree
