#include "cli/remotes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/places.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t largest_file = 1U << 20U;

} // namespace

std::vector<Remote> decode_remotes(std::string_view text) {
    std::vector<Remote> remotes;
    for (const auto line : split(text, '\n')) {
        if (line.empty()) {
            continue;
        }
        const auto tab = line.find('\t');
        if (tab == 0 || tab == std::string_view::npos || tab + 1 == line.size()) {
            throw Error(Fault::corrupt, fmt::format("'{}' names no remote", printable(line)));
        }
        remotes.push_back({std::string(line.substr(0, tab)), std::string(line.substr(tab + 1))});
    }
    return remotes;
}

std::string encode_remotes(const std::vector<Remote>& remotes) {
    std::string text;
    for (const auto& [name, location] : remotes) {
        text += name + '\t' + location + '\n';
    }
    return text;
}

std::vector<Remote> read_remotes(const std::filesystem::path& repository) {
    const auto file = repository / "remotes";
    std::error_code absent;
    if (!std::filesystem::exists(file, absent)) {
        return {};
    }
    const During reading([&] { return "reading " + file.native(); });
    return decode_remotes(as_text(read_file(file, largest_file)));
}

std::string location_of(const Invocation& invocation, const std::string& name) {
    for (const auto& remote : read_remotes(local_repository(invocation))) {
        if (remote.name == name) {
            return remote.location;
        }
    }
    std::error_code absent;
    if (name.find('/') == std::string::npos && !std::filesystem::exists(name, absent)) {
        throw Error(
            Fault::not_found, fmt::format("there is no remote '{}', and no directory", name)
        )
            .hint("`slipway remote list` shows the names, `slipway remote add` makes one");
    }
    return name;
}

} // namespace slipway::cli
