// What a merge of trees cannot decide, and how it is said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tree/merge/triple.h"
#include "tree/objects.h"

namespace slipway::tree {

/// What about a path both sides want differently.
enum class MergeField : std::uint8_t {
    presence, ///< one side removed it, the other changed it or added beneath it
    kind,     ///< a file, a directory, a link, ...
    content,  ///< of a file
    target,   ///< of a symbolic link
    device,   ///< device numbers
    mode,
    uid,
    gid,
    xattr, ///< `detail` is its name
    links, ///< which names are one inode
    name   ///< both renamed it, each to another name
};

/// "presence", "content", ...
std::string_view name_of(MergeField field);

/// A place where both sides want different things. Texts may hold any bytes of names; show them
/// with printable().
struct MergeConflict {
    std::string path; ///< "/etc/passwd"; "/" is the root
    MergeField field = MergeField::content;
    std::string detail; ///< what a driver or a rule says: "user alice: shell"
    Triple<std::optional<std::string>> values; ///< for people; nothing: not there in that version
    friend bool operator==(const MergeConflict&, const MergeConflict&) = default;
};

/// "file of 12 bytes (9f86d081884c), mode 0644, owner 0:0", "symbolic link to bin", "directory".
std::string describe(const Entry& entry);
std::optional<std::string> describe(const Entry* entry);

/// "12 bytes (9f86d081884c)".
std::string describe(const File& file);

/// In the order of paths' components: "/a/b" before "/a.b".
bool path_before(std::string_view path, std::string_view other);

} // namespace slipway::tree
