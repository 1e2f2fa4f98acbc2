// The directories of one tree, each opened from the one above it and never through a symbolic link.
//
// Any depth and any number of directories do with a bounded number of descriptors: the ones used
// last stay open, others are opened again from the nearest open one above. Paths are never handed
// to the kernel whole, so no limit on their length applies. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"

namespace slipway::formats {

/// Opens without changing the access time where the system lets us; O_CLOEXEC and O_NOFOLLOW are
/// added. Not open, with errno set, if it fails.
FileDescriptor open_quietly(int directory, const char* name, int flags);

class OpenDirectories {
public:
    using Id = std::uint32_t;
    static constexpr Id root = 0;

    /// An open directory; stays so while it is held.
    using Handle = std::shared_ptr<const FileDescriptor>;

    OpenDirectories(FileDescriptor top, std::string root_path);

    /// Names a directory below `parent`; it need not exist yet. Ids count up from 1.
    /// Throws Fault::refused for one nested deeper than tree::deepest_tree.
    Id add(Id parent, std::string_view name);

    /// Opens the directory. `try_get` gives null and sets errno if it cannot be opened.
    Handle get(Id id);
    Handle try_get(Id id);

    /// The path for messages: what a terminal must not see is escaped.
    std::string path(Id id) const;
    std::string path(Id id, std::string_view name) const;

    /// The path below the root: "" for the root itself, else "/usr/bin".
    std::string path_from_root(Id id) const;

private:
    struct Place {
        Id parent = root;
        std::uint32_t depth = 0;
        std::string name;
    };

    struct Used {
        Handle handle;
        std::uint64_t when = 0;
    };

    struct State {
        std::vector<Place> places;
        std::unordered_map<Id, Used> open; // without the root
        std::uint64_t clock = 0;
    };

    Handle find_open(State& state, Id id) const;
    static void keep_open(State& state, Id id, const Handle& handle);

    const Handle root_;
    const std::string root_path_;
    mutable Guarded<State> state_;
};

} // namespace slipway::formats
