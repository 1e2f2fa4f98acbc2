// The members of an archive, whichever format it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tree/ingest.h"
#include "tree/objects.h"

namespace slipway::formats {

/// A member as its headers tell it. Names are as they stand in the archive, not checked.
struct Member {
    std::string path;
    std::string link; ///< of a hard or symbolic link
    char type = '0';  ///< '0' file, '1' hard link, '2' symbolic link, '3' and '4' character and
                      ///< block device, '5' directory, '6' fifo, 's' socket
    std::uint32_t mode = 0; ///< 07777 at most
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    /// Of the file, with its holes. A hard link that has a size brings its file's payload.
    std::uint64_t size = 0;
    tree::Time mtime;
    std::vector<tree::Xattr> xattrs; ///< by name, each once; without ACLs that come as text
    std::string access_acl;          ///< text, empty if there is none
    std::string default_acl;
};

/// Reads the members of an archive, one after another.
class MemberReader {
public:
    virtual ~MemberReader() = default;

    /// The next member; nothing after the last. Skips what was not read of the one before.
    virtual std::optional<Member> next() = 0;

    /// Pushes the payload of the member, once.
    virtual void read_payload(tree::Ingest::Feed& feed) = 0;
};

} // namespace slipway::formats
