#include "tree/merge/conflict.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::tree {

namespace {

constexpr std::size_t shown_digits = 12;

struct DescribeNode {
    std::string operator()(const File& file) const { return "file of " + describe(file); }

    std::string operator()(const Subdirectory&) const { return "directory"; }

    std::string operator()(const Symlink& symlink) const {
        return "symbolic link to " + symlink.target;
    }

    std::string operator()(const Device& device) const {
        const auto* kind = device.kind == DeviceKind::character ? "character" : "block";
        return fmt::format("{} device {}:{}", kind, device.major, device.minor);
    }

    std::string operator()(const Fifo&) const { return "fifo"; }

    std::string operator()(const Socket&) const { return "socket"; }
};

/// A slash sorts before every byte of a name.
int rank(char c) {
    return c == '/' ? 0 : static_cast<unsigned char>(c) + 1;
}

} // namespace

std::string_view name_of(Version version) {
    return version == Version::base ? "base" : version == Version::ours ? "ours" : "theirs";
}

std::string_view name_of(MergeField field) {
    constexpr auto names = std::to_array<std::string_view>({
        "presence",
        "kind",
        "content",
        "target",
        "device",
        "mode",
        "uid",
        "gid",
        "xattr",
        "links",
        "name",
    });
    return names.at(static_cast<std::size_t>(field));
}

std::string describe(const File& file) {
    if (file.size == 0) {
        return "0 bytes";
    }
    return fmt::format("{} bytes ({})", file.size, file.content.hex().substr(0, shown_digits));
}

std::string describe(const Entry& entry) {
    auto text = std::visit(DescribeNode{}, entry.node);
    if (std::holds_alternative<Subdirectory>(entry.node)) {
        return text;
    }
    const auto& attributes = entry.attributes;
    return fmt::format(
        "{}, mode {:04o}, owner {}:{}", text, attributes.mode, attributes.uid, attributes.gid
    );
}

std::optional<std::string> describe(const Entry* entry) {
    return entry == nullptr ? std::nullopt : std::optional(describe(*entry));
}

bool path_before(std::string_view path, std::string_view other) {
    return std::lexicographical_compare(
        path.begin(),
        path.end(),
        other.begin(),
        other.end(),
        [](char a, char b) { return rank(a) < rank(b); }
    );
}

} // namespace slipway::tree
