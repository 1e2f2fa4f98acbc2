// How the content of one file is merged: what a driver is given and what it gives back.
//
// The tree merge (merge.h) decides by digest alone wherever one side kept the base. Only a file
// whose content both sides changed, each in its own way, comes here. Drivers are pure functions of
// bytes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace slipway::tree {

/// The three versions of a file. No base: both sides added it. They live as long as the call.
struct DriverInput {
    std::string_view path; ///< "/etc/passwd"
    std::optional<ConstBytes> base;
    ConstBytes ours;
    ConstBytes theirs;
};

/// A place in a file where both sides want different things.
struct DriverConflict {
    std::string what; ///< "user alice: shell", "uid 1001", "lines 12-14", "package vim"
    std::optional<std::string> base; ///< nothing: not there on that side
    std::optional<std::string> ours;
    std::optional<std::string> theirs;
    friend bool operator==(const DriverConflict&, const DriverConflict&) = default;
};

/// Which side a conflict is decided for, where the caller has decided.
enum class Favour { none, ours, theirs };

struct DriverResult {
    Buffer merged;                           ///< whole and usable if `conflicts` is empty
    std::vector<DriverConflict> conflicts{}; ///< in the order of the file
    std::vector<std::string> notes{}; ///< decisions worth telling: "user bob: removed by theirs"
};

/// What it means that a side lacks a file.
enum class Absence {
    removal, ///< it was removed; with a change on the other side that is a conflict
    empty,   ///< nothing is in it: the file is there while it has entries
};

/// Merges one family of files. Stateless: any thread.
class MergeDriver {
public:
    virtual ~MergeDriver() = default;
    virtual std::string_view name() const = 0; ///< as a rule names it: "passwd", "lines"

    /// With `favour` each conflict is decided for that side, and only that conflict. Input that is
    /// not of the family gives one conflict that says so, never an exception and never a guess.
    virtual DriverResult merge(const DriverInput& input, Favour favour) const = 0;

    /// Where it is `empty`, a side that lacks the file comes as an empty one, and an empty result
    /// means that the file goes.
    virtual Absence absence() const { return Absence::removal; }
};

/// Drivers by the name that rules use. They outlive a merge.
using MergeDrivers = std::map<std::string, const MergeDriver*, std::less<>>;

} // namespace slipway::tree
