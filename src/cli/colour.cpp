#include "cli/colour.h"

#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace slipway::cli {

namespace {

std::string_view environment(const char* name) {
    const auto* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before threads.
    return value == nullptr ? "" : value;
}

} // namespace

std::string Palette::paint(Colour colour, std::string_view text) const {
    constexpr std::array<std::string_view, 6> codes{"", "31", "32", "33", "36", "1"};
    if (use_ == Use::never || colour == Colour::plain || text.empty()) {
        return std::string(text);
    }
    return fmt::format("\x1b[{}m{}\x1b[m", codes.at(static_cast<std::size_t>(colour)), text);
}

bool output_is_terminal() {
    return isatty(STDOUT_FILENO) != 0;
}

Palette output_palette() {
    const auto terminal = environment("TERM");
    const auto shows_colours = output_is_terminal() && !terminal.empty() && terminal != "dumb" &&
                               environment("NO_COLOR").empty();
    return Palette(shows_colours ? Palette::Use::always : Palette::Use::never);
}

} // namespace slipway::cli
