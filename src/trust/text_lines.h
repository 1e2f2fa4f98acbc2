// Reads texts of lines "NAME VALUE\n" in a fixed order: key sets, head statements. Used inside
// trust and by what keeps such texts.
//
// Takes hostile bytes. Errors: Fault::corrupt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/error.h"

namespace slipway::trust {

class TextLines {
public:
    /// `what` names the text in errors: "a key set". The first line must be `title`.
    TextLines(std::string_view text, std::string_view title, std::string_view what);

    /// The value of the next line if it is called `name`.
    std::optional<std::string_view> take(std::string_view name);

    std::string_view need(std::string_view name);
    Digest need_digest(std::string_view name);
    std::uint64_t need_number(std::string_view name);
    std::int64_t need_time(std::string_view name);

    /// Refuses lines that are left.
    void finish() const;

    /// The Error for a text that is wrong in this way.
    Error wrong(std::string_view how) const;

    Digest digest(std::string_view text) const;

    /// Decimal, without leading zeros, at most 2^53.
    std::uint64_t number(std::string_view text) const;

    /// "2026-11-21T02:24:25Z".
    std::int64_t time(std::string_view text) const;

private:
    std::string_view rest_;
    std::string_view what_;
};

} // namespace slipway::trust
