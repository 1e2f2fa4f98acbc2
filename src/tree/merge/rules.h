// Which rule merges the content of which file (docs/merge.md, "Rules").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace slipway::tree {

/// True if `path` is what `pattern` describes, whole: `*` is any bytes but '/', `?` one byte but
/// '/', `**` any bytes, `/**/` also one '/'. `\` makes the byte behind it an ordinary one.
/// Time: the product of both lengths.
bool glob_matches(std::string_view pattern, std::string_view path);

/// What to do with a file that both sides changed, each in its own way.
struct MergeRule {
    enum class Action {
        driver,     ///< the driver that `argument` names merges it
        regenerate, ///< ours is taken, and the generator `argument` is due
        conflict,   ///< nobody can merge it; `argument` says why
        ours,       ///< ours is taken
        theirs      ///< theirs is taken
    };

    std::string pattern;
    Action action = Action::conflict;
    std::string argument{};
    friend bool operator==(const MergeRule&, const MergeRule&) = default;
};

/// Rules in order: the first whose pattern matches a path counts.
class MergeRules {
public:
    /// No rule: every such file is a conflict.
    MergeRules() = default;

    /// Reads the text form. Throws Fault::usage, naming the line.
    static MergeRules parse(ConstBytes text);

    /// The rules slipway knows by itself.
    static const MergeRules& defaults();

    /// The text form, one line a rule; parse() reads it back.
    std::string text() const;

    /// Null if none matches.
    const MergeRule* find(std::string_view path) const;

    /// These rules, and behind them those of `later`.
    MergeRules before(const MergeRules& later) const;

    const std::vector<MergeRule>& list() const { return rules_; }

private:
    std::vector<MergeRule> rules_;
};

/// The text of MergeRules::defaults(), with its comments.
std::string_view default_merge_rules();

} // namespace slipway::tree
