// Colours, where a person reads.
#pragma once

#include <string>
#include <string_view>

namespace slipway::cli {

enum class Colour { plain, red, green, yellow, cyan, bold };

/// Paints texts, or leaves them as they are.
class Palette {
public:
    enum class Use { never, always };

    explicit Palette(Use use) : use_(use) {}

    std::string paint(Colour colour, std::string_view text) const;

private:
    Use use_;
};

/// True if standard output is a terminal: then nothing is printed that it would obey.
bool output_is_terminal();

/// For standard output: colours only on a terminal that knows them, and not if NO_COLOR is set.
Palette output_palette();

} // namespace slipway::cli
