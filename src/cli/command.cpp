#include "cli/command.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::cli {

const std::string& Invocation::value(const std::string& name) const {
    const auto found = values.find(name);
    if (found == values.end() || found->second.empty()) {
        throw Error(Fault::internal, "no value for " + name);
    }
    return found->second.front();
}

std::optional<std::string> Invocation::find(const std::string& name) const {
    const auto found = values.find(name);
    if (found == values.end() || found->second.empty()) {
        return std::nullopt;
    }
    return found->second.front();
}

std::vector<std::string> Invocation::all(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::vector<std::string>() : found->second;
}

std::uint64_t
Invocation::number(const std::string& name, std::uint64_t least, std::uint64_t most) const {
    const auto& text = value(name);
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || number < least ||
        number > most) {
        throw Error(
            Fault::usage,
            fmt::format(
                "--{} is a number from {} to {}, not '{}'", name, least, most, printable(text)
            )
        );
    }
    return number;
}

std::vector<Option> global_options() {
    return {
        {.names = "--repo",
         .value = "LOCATION",
         .help = "The repository: a directory, or one or more http:// URLs separated by commas. "
                 "Else $SLIPWAY_REPO, else /var/lib/slipway."},
        {.names = "--cache",
         .value = "DIR",
         .help = "Keep what is fetched from a URL there, for the next command too. Else "
                 "$SLIPWAY_CACHE, else nowhere."},
        {.names = "--json", .help = "Answer in JSON; progress as JSON lines on standard error."},
        {.names = "-q,--quiet", .help = "Tell notices and errors only."},
        {.names = "-v,--verbose", .help = "Tell details too."},
    };
}

} // namespace slipway::cli
