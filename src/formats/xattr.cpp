#include "formats/xattr.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/error.h"

namespace slipway::formats {

namespace {

/// The value of one attribute; nothing, with errno, if it cannot be had.
std::optional<std::string> read_value(const char* path, const char* name) {
    std::array<char, 256> few; // NOLINT(*-member-init): filled by the kernel
    auto size = lgetxattr(path, name, few.data(), few.size());
    if (size >= 0) {
        return std::string(few.data(), static_cast<std::size_t>(size));
    }
    if (errno != ERANGE) {
        return std::nullopt;
    }
    std::string value(tree::longest_xattr_value, '\0');
    size = lgetxattr(path, name, value.data(), value.size());
    if (size < 0) {
        return std::nullopt;
    }
    value.resize(static_cast<std::size_t>(size));
    return value;
}

XattrsRead read_values(const char* path, std::string_view names, std::vector<tree::Xattr>& xattrs) {
    while (!names.empty()) {
        const std::string name(names.substr(0, names.find('\0')));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        auto value = read_value(path, name.c_str());
        if (value) {
            xattrs.push_back(tree::Xattr{name, std::move(*value)});
        } else if (errno != ENODATA && errno != EOPNOTSUPP) {
            return XattrsRead::failed;
        }
    }
    std::ranges::sort(xattrs, {}, &tree::Xattr::name);
    return XattrsRead::done;
}

} // namespace

std::string descriptor_path(int directory, std::string_view name) {
    return fmt::format("/proc/self/fd/{}/{}", directory, name.empty() ? "." : name);
}

void require_descriptor_paths() {
    if (access("/proc/self/fd", X_OK) != 0) {
        throw Error(
            Fault::unavailable, "/proc is missing, and with it the way to extended attributes"
        )
            .hint("mount -t proc proc /proc");
    }
}

XattrsRead read_xattrs(const char* path, std::vector<tree::Xattr>& xattrs) {
    xattrs.clear();
    std::array<char, 1024> few; // NOLINT(*-member-init): filled by the kernel
    auto size = llistxattr(path, few.data(), few.size());
    if (size == 0) {
        return XattrsRead::done;
    }
    if (size > 0) {
        return read_values(
            path, std::string_view(few.data(), static_cast<std::size_t>(size)), xattrs
        );
    }
    if (errno == EOPNOTSUPP) {
        return XattrsRead::unsupported;
    }
    if (errno != ERANGE) {
        return XattrsRead::failed;
    }
    std::string many(65536, '\0'); // the kernel's own limit
    size = llistxattr(path, many.data(), many.size());
    if (size < 0) {
        return XattrsRead::failed;
    }
    return read_values(
        path, std::string_view(many).substr(0, static_cast<std::size_t>(size)), xattrs
    );
}

bool set_xattr(const char* path, const tree::Xattr& xattr) {
    return lsetxattr(path, xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0) == 0;
}

} // namespace slipway::formats
