#include "formats/overlay_marks.h"

#include <algorithm>

namespace slipway::formats {

namespace {

constexpr std::string_view prefix = "trusted.overlay.";
constexpr std::string_view escaped_prefix = "trusted.overlay.overlay.";

const std::string* find(const tree::Attributes& attributes, std::string_view name) {
    for (const auto& xattr : attributes.xattrs) {
        if (xattr.name == name) {
            return &xattr.value;
        }
    }
    return nullptr;
}

} // namespace

bool is_whiteout(const tree::Entry& entry) {
    if (const auto* const device = std::get_if<tree::Device>(&entry.node)) {
        return *device == tree::Device{};
    }
    const auto* const file = std::get_if<tree::File>(&entry.node);
    return file != nullptr && file->size == 0 &&
           find(entry.attributes, "trusted.overlay.whiteout") != nullptr;
}

bool is_opaque(const tree::Attributes& attributes) {
    const auto* const value = find(attributes, "trusted.overlay.opaque");
    return value != nullptr && *value == "y";
}

tree::Attributes without_marks(const tree::Attributes& attributes) {
    auto plain = attributes;
    std::erase_if(plain.xattrs, [](const auto& xattr) {
        return xattr.name.starts_with(prefix) && !xattr.name.starts_with(escaped_prefix);
    });
    for (auto& xattr : plain.xattrs) {
        if (xattr.name.starts_with(escaped_prefix)) {
            xattr.name.replace(0, escaped_prefix.size(), prefix);
        }
    }
    std::ranges::sort(plain.xattrs, {}, &tree::Xattr::name);
    return plain;
}

const std::string* redirect_of(const tree::Attributes& attributes) {
    return find(attributes, "trusted.overlay.redirect");
}

bool is_metacopy(const tree::Attributes& attributes) {
    return find(attributes, "trusted.overlay.metacopy") != nullptr;
}

} // namespace slipway::formats
