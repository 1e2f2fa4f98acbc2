#include "cli/entries.h"

#include <fmt/format.h>

#include "cli/output.h"

namespace slipway::cli {

nlohmann::json entry_json(const tree::Entry& entry, const tree::Attributes& attributes) {
    nlohmann::json object{
        {"name", entry.name},
        {"type", type_name(entry.node)},
        {"mode", fmt::format("{:04o}", attributes.mode)},
        {"uid", attributes.uid},
        {"gid", attributes.gid},
        {"mtime", fmt::format("{}.{:09}", attributes.mtime.seconds, attributes.mtime.nanoseconds)}};
    if (const auto* const file = std::get_if<tree::File>(&entry.node)) {
        object["size"] = file->size;
        object["content"] = file->size == 0 ? "" : file->content.hex();
    } else if (const auto* const below = std::get_if<tree::Subdirectory>(&entry.node)) {
        object["directory"] = below->directory.hex();
    } else if (const auto* const link = std::get_if<tree::Symlink>(&entry.node)) {
        object["target"] = link->target;
    } else if (const auto* const device = std::get_if<tree::Device>(&entry.node)) {
        object["major"] = device->major;
        object["minor"] = device->minor;
    }
    for (const auto& xattr : attributes.xattrs) {
        object["xattrs"].push_back(xattr.name);
    }
    return object;
}

} // namespace slipway::cli
