#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/entries.h"
#include "cli/output.h"
#include "cli/places.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::cli {

namespace {

/// An entry's own attributes: a subdirectory's are in its object.
tree::Attributes attributes_of(const Contents& contents, const tree::Entry& entry) {
    const auto* const below = std::get_if<tree::Subdirectory>(&entry.node);
    return below != nullptr ? tree::load_directory(contents, below->directory).attributes
                            : entry.attributes;
}

std::string size_text(const tree::Node& node) {
    if (const auto* const file = std::get_if<tree::File>(&node)) {
        return fmt::format("{}", file->size);
    }
    if (const auto* const device = std::get_if<tree::Device>(&node)) {
        return fmt::format("{},{}", device->major, device->minor);
    }
    return "-";
}

std::string line_of(const tree::Entry& entry, const tree::Attributes& attributes) {
    auto line = fmt::format(
        "{} {:>5} {:>5} {:>12} {} {}",
        mode_text(entry, attributes.mode),
        attributes.uid,
        attributes.gid,
        size_text(entry.node),
        utc_time(attributes.mtime.seconds),
        printable(entry.name)
    );
    if (const auto* const link = std::get_if<tree::Symlink>(&entry.node)) {
        line += " -> " + printable(link->target);
    }
    return line + "\n";
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto commit = find_commit(*view, invocation.value("COMMIT"));
    const auto found = tree::find(*view, commit.commit.tree, invocation.value("PATH"));
    const auto entries = found.directory ? found.directory->entries : std::vector{*found.entry};
    auto list = nlohmann::json::array();
    for (const auto& entry : entries) {
        const auto attributes = attributes_of(*view, entry);
        if (invocation.json) {
            list.push_back(entry_json(entry, attributes));
        } else {
            print(line_of(entry, attributes));
        }
    }
    if (invocation.json) {
        print(list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
    return 0;
}

} // namespace

Command ls_command() {
    return {
        .name = "ls",
        .summary = "list a directory of a commit",
        .description =
            "Lists what is in a directory, or one entry that is none: mode, owner, group, "
            "size, time and name. Symbolic links are not followed. Bytes that are not "
            "printable are shown as \\xHH.",
        .arguments =
            {{"COMMIT", "Which commit."},
             {"PATH", "The directory; else the root.", Count::optional}},
        .options = {},
        .examples = {"slipway ls debian /etc"},
        .run =
            [](const Invocation& invocation) {
                auto complete = invocation;
                complete.values.try_emplace("PATH", std::vector<std::string>{"/"});
                return run(complete);
            },
    };
}

} // namespace slipway::cli
