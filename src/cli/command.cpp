#include "cli/command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

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
        constexpr std::uint64_t no_limit = 1ULL << 40U; // nobody asks for so much
        const auto end = most < no_limit ? fmt::format("to {}", most) : "on";
        throw Error(
            Fault::usage,
            fmt::format("--{} is a number from {} {}, not '{}'", name, least, end, printable(text))
        );
    }
    return number;
}

namespace {

/// How many letters must be changed, added, left out or swapped to make `b` of `a`
/// (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(
        a.size() + 1, std::vector<std::size_t>(b.size() + 1)
    );
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + differs});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

/// What other programs call it.
std::string called_elsewhere(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> words{{
        {"backup", "import"},
        {"clone", "mirror"},
        {"commit", "import"},
        {"export", "checkout"},
        {"extract", "checkout"},
        {"fetch", "pull"},
        {"list", "branches"},
        {"reset", "rollback"},
        {"restore", "rollback"},
    }};
    const auto* const found = std::find_if(words.begin(), words.end(), [&](const auto& word) {
        return word.first == name;
    });
    return found == words.end() ? "" : std::string(found->second);
}

} // namespace

Error unknown_command(const std::string& name) {
    constexpr std::size_t longest_name = 20; // of any command, with room for mistakes
    auto nearest = called_elsewhere(name);
    std::size_t least = std::min<std::size_t>(3, name.size() / 2 + 1); // else it is no likeness
    for (const auto& command : all_commands()) {
        if (name.size() > longest_name || !called_elsewhere(name).empty()) {
            break;
        }
        if (const auto here = distance(name, command.name); here < least) {
            least = here;
            nearest = command.name;
        }
    }
    return Error(Fault::usage, fmt::format("there is no command '{}'", printable(name)))
        .hint(
            nearest.empty()
                ? "`slipway help` lists them"
                : fmt::format("did you mean `slipway {}`? `slipway help` lists them", nearest)
        );
}

std::vector<Option> global_options() {
    return {
        {.names = "--repo",
         .value = "LOCATION",
         .help = "The repository: a directory, or one or more http:// or ssh:// URLs separated by "
                 "commas. Else $SLIPWAY_REPO, else /var/lib/slipway."},
        {.names = "--cache",
         .value = "DIR",
         .help = "Keep what is fetched from a URL there, for the next command too. Else "
                 "$SLIPWAY_CACHE, else nowhere."},
        {.names = "--json", .help = "Answer in JSON; progress as JSON lines on standard error."},
        {.names = "-q,--quiet", .help = "Show no progress: only results, notices and errors."},
        {.names = "-v,--verbose", .help = "Tell details too."},
    };
}

} // namespace slipway::cli
