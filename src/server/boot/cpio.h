// The archive an initramfs is: cpio in its "newc" form, as the kernel reads it
// (Documentation/driver-api/early-userspace/buffer-format.rst).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace slipway::server::boot {

/// Collects members and writes them by path, with the directories they lie in, owned by root and
/// without times: the same members give the same bytes. Paths are relative: "bin/busybox".
class Cpio {
public:
    void add_directory(std::string_view path, std::uint32_t permissions = 0755);

    /// Throws Fault::usage for a path that is there already, or for 4 GiB and more.
    void add_file(std::string_view path, std::uint32_t permissions, Buffer content);
    void add_link(std::string_view path, std::string_view target);
    void add_character_device(
        std::string_view path, std::uint32_t permissions, std::uint32_t major, std::uint32_t minor
    );

    Buffer write() const;

private:
    struct Member {
        std::uint32_t mode = 0; ///< with the type, as stat(2) gives it
        std::uint32_t major = 0;
        std::uint32_t minor = 0;
        Buffer content;
    };

    void add(std::string_view path, Member member);

    std::map<std::string, Member, std::less<>> members_; // a directory sorts before what it holds
};

} // namespace slipway::server::boot
