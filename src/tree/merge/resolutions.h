// Conflicts decided beforehand (docs/merge.md, "Resolving").
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "tree/merge/triple.h"

namespace slipway::tree {

/// What to take where both sides want different things.
enum class Choice : std::uint8_t {
    ours,
    theirs,
    base,  ///< as it was before both: not there, if it was not there
    remove ///< the path is left out
};

/// "ours", "theirs", "base" or "delete".
std::string_view name_of(Choice choice);

/// The version that is taken; nothing for Choice::remove.
std::optional<Version> version_of(Choice choice);

/// Choices by path. A choice holds for its path and all beneath; the longest path counts. It
/// decides conflicts and changes nothing else.
class Resolutions {
public:
    struct Found {
        std::string_view path; ///< of the choice, as long as the Resolutions live
        Choice choice = Choice::ours;
    };

    /// Reads lines of PATH, a tab and a choice. Throws Fault::usage, naming the line.
    static Resolutions parse(ConstBytes text);

    /// `path` is absolute: "/etc", "/etc/", "/". Throws Fault::usage if it is not, or if another
    /// choice is known for it.
    void add(std::string_view path, Choice choice);

    std::optional<Found> find(std::string_view path) const;

    /// The text form; parse() reads it back.
    std::string text() const;

    bool empty() const { return choices_.empty(); }

    /// By path, without a slash at its end: "" is the root.
    const std::map<std::string, Choice, std::less<>>& list() const { return choices_; }

private:
    std::map<std::string, Choice, std::less<>> choices_;
};

} // namespace slipway::tree
