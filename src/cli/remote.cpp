#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/remotes.h"
#include "store/repository.h"
#include "sync/remote_view.h"

namespace slipway::cli {

namespace {

void show(const Invocation& invocation, const std::vector<Remote>& remotes) {
    auto list = nlohmann::json::array();
    for (const auto& [name, location] : remotes) {
        if (invocation.json) {
            list.push_back({{"name", name}, {"location", location}});
        } else {
            print(fmt::format("{:<20} {}\n", name, location));
        }
    }
    if (invocation.json) {
        print(json_text(list));
    }
}

/// A relative path would mean another one elsewhere.
std::string as_kept(const std::string& location) {
    if (location.find_first_of("\t\n") != std::string::npos) {
        throw Error(Fault::usage, "a location has neither tabs nor newlines");
    }
    return sync::parse_locations(location).empty() ? std::filesystem::absolute(location).native()
                                                   : location;
}

int run(const Invocation& invocation) {
    const auto root = local_repository(invocation);
    store::check_repository({root});
    auto remotes = read_remotes(root);
    const auto action = invocation.find("ACTION").value_or("list");
    if (action == "list") {
        show(invocation, remotes);
        return 0;
    }
    if (action != "add" && action != "remove") {
        throw Error(
            Fault::usage, fmt::format("'{}' is not add, list or remove", printable(action))
        );
    }
    const auto name = invocation.find("NAME").value_or("");
    if (name.empty()) {
        throw Error(Fault::usage, "which remote?")
            .hint("write `slipway remote add NAME LOCATION` or `slipway remote remove NAME`");
    }
    store::check_branch_name(name);
    const auto named = [&](const Remote& remote) { return remote.name == name; };
    const auto found = std::find_if(remotes.begin(), remotes.end(), named);
    if (action == "add") {
        if (found != remotes.end()) {
            throw Error(Fault::refused, fmt::format("remote '{}' is {}", name, found->location))
                .hint(fmt::format("`slipway remote remove {}` first", name));
        }
        const auto location = invocation.find("LOCATION");
        if (!location) {
            throw Error(Fault::usage, "a remote needs a location: a directory or a URL")
                .hint(fmt::format("write `slipway remote add {} LOCATION`", name));
        }
        remotes.push_back({name, as_kept(*location)});
        std::sort(remotes.begin(), remotes.end(), [](const Remote& a, const Remote& b) {
            return a.name < b.name;
        });
    } else {
        if (found == remotes.end()) {
            throw Error(Fault::not_found, fmt::format("there is no remote '{}'", name))
                .hint("`slipway remote list` shows the names");
        }
        remotes.erase(found);
    }
    replace_file(root / "remotes", as_bytes(encode_remotes(remotes)));
    return 0;
}

} // namespace

Command remote_command() {
    return {
        .name = "remote",
        .summary = "give repositories elsewhere names",
        .description = "pull, push, mirror and fsck --repair take a name in place of a location. "
                       "The names are "
                       "kept in the repository.",
        .arguments =
            {{"ACTION",
              "add, list or remove. Default: list.",
              Count::optional,
              {"add", "list", "remove"}},
             {"NAME", "The name.", Count::optional},
             {"LOCATION",
              "A directory, or http:// or ssh:// URLs separated by commas.",
              Count::optional}},
        .options = {},
        .examples =
            {"slipway remote add office ssh://root@server/srv/slipway",
             "slipway remote list",
             "slipway pull office debian"},
        .run = run,
    };
}

} // namespace slipway::cli
