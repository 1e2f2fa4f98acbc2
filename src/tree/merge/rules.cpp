#include "tree/merge/rules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::tree {

namespace {

constexpr std::size_t longest_rules = 1U << 20U;
constexpr std::size_t longest_pattern = 4096;

/// A part of a pattern, all of which but `byte` may match several bytes.
struct Token {
    enum class Kind { byte, any_byte, any_name, any_path, any_directories } kind;
    char byte = 0;

    /// True if it may match nothing, so that the next token may begin at once.
    bool optional() const { return kind != Kind::byte && kind != Kind::any_byte; }
};

/// Moves `pattern` behind its first token. `/**/` is one, whose last slash is left in place: it
/// stands for "" or "/any/directories", and "/" follows.
Token take_token(std::string_view& pattern) {
    constexpr std::string_view directories = "/**/";
    const auto take = [&](std::size_t length, Token token) {
        pattern.remove_prefix(length);
        return token;
    };
    if (pattern.starts_with(directories)) {
        return take(directories.size() - 1, {Token::Kind::any_directories});
    }
    if (pattern.starts_with("**")) {
        return take(2, {Token::Kind::any_path});
    }
    switch (pattern.front()) {
    case '*':
        return take(1, {Token::Kind::any_name});
    case '?':
        return take(1, {Token::Kind::any_byte});
    case '\\':
        return pattern.size() > 1 ? take(2, {Token::Kind::byte, pattern[1]})
                                  : take(1, {Token::Kind::byte, '\\'});
    default:
        return take(1, {Token::Kind::byte, pattern.front()});
    }
}

std::vector<Token> tokens_of(std::string_view pattern) {
    std::vector<Token> tokens;
    while (!pattern.empty()) {
        tokens.push_back(take_token(pattern));
    }
    return tokens;
}

/// All places in the pattern where a match of the bytes so far may stand.
class Matcher {
public:
    explicit Matcher(std::string_view pattern)
        : tokens_(tokens_of(pattern)), at_(tokens_.size() + 1), inside_(tokens_.size() + 1) {
        at_[0] = true;
        skip_optional(at_);
    }

    void feed(char byte) {
        std::vector<bool> next(at_.size());
        std::vector<bool> inside(at_.size());
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (at_[i] || inside_[i]) {
                step(i, byte, next, inside);
            }
        }
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            next[i + 1] = next[i + 1] || inside[i];
        }
        skip_optional(next);
        at_ = std::move(next);
        inside_ = std::move(inside);
    }

    bool matched() const { return at_.back(); }

private:
    void step(std::size_t i, char byte, std::vector<bool>& next, std::vector<bool>& inside) const {
        switch (tokens_[i].kind) {
        case Token::Kind::byte:
            next[i + 1] = next[i + 1] || byte == tokens_[i].byte;
            break;
        case Token::Kind::any_byte:
            next[i + 1] = next[i + 1] || byte != '/';
            break;
        case Token::Kind::any_name:
            next[i] = next[i] || byte != '/';
            break;
        case Token::Kind::any_path:
            next[i] = true;
            break;
        case Token::Kind::any_directories:
            inside[i] = inside_[i] || byte == '/';
            break;
        }
    }

    void skip_optional(std::vector<bool>& places) const {
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (places[i] && tokens_[i].optional()) {
                places[i + 1] = true;
            }
        }
    }

    std::vector<Token> tokens_;
    std::vector<bool> at_;     // the next byte is for token i
    std::vector<bool> inside_; // token i, an any_directories, has begun
};

struct ActionName {
    std::string_view name;
    MergeRule::Action action;
};

constexpr std::array action_names = {
    ActionName{"driver", MergeRule::Action::driver},
    ActionName{"regenerate", MergeRule::Action::regenerate},
    ActionName{"conflict", MergeRule::Action::conflict},
    ActionName{"ours", MergeRule::Action::ours},
    ActionName{"theirs", MergeRule::Action::theirs},
};

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// The pattern at the start of a line; a blank that `\` precedes belongs to it.
std::string_view take_pattern(std::string_view& line) {
    std::size_t end = 0;
    while (end < line.size() && !is_blank(line[end])) {
        end += line[end] == '\\' && end + 1 < line.size() ? 2 : 1;
    }
    const auto pattern = line.substr(0, end);
    line.remove_prefix(end);
    return pattern;
}

std::string_view take_word(std::string_view& line) {
    line = trimmed(line);
    const auto* const end = std::find_if(line.begin(), line.end(), is_blank);
    const auto word = line.substr(0, static_cast<std::size_t>(end - line.begin()));
    line.remove_prefix(word.size());
    return word;
}

Error wrong(const std::string& problem) {
    return Error(Fault::usage, problem)
        .hint("a rule is PATTERN, blanks, and: driver NAME, regenerate NAME, conflict [WHY], "
              "ours, theirs");
}

MergeRule::Action parse_action(std::string_view word) {
    const auto* const at =
        std::find_if(action_names.begin(), action_names.end(), [&](const ActionName& known) {
            return known.name == word;
        });
    if (at == action_names.end()) {
        throw wrong(fmt::format("'{}' is no action", printable(word)));
    }
    return at->action;
}

void check_pattern(std::string_view pattern) {
    if (!pattern.starts_with("/") && !pattern.starts_with("**")) {
        throw wrong(fmt::format("pattern '{}' begins with neither '/' nor '**'", printable(pattern))
        );
    }
    if (pattern.size() > longest_pattern) {
        throw wrong(fmt::format("a pattern has {} bytes", pattern.size()));
    }
    const auto backslashes = pattern.size() - (pattern.find_last_not_of('\\') + 1);
    if (backslashes % 2 != 0) {
        throw wrong(fmt::format("nothing follows the last '\\' of '{}'", printable(pattern)));
    }
}

void check_argument(const MergeRule& rule) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    const auto& argument = rule.argument;
    const auto is_name =
        !argument.empty() && argument.find_first_not_of(allowed) == std::string::npos;
    switch (rule.action) {
    case MergeRule::Action::driver:
    case MergeRule::Action::regenerate:
        if (!is_name) {
            throw wrong(fmt::format("'{}' is no name: a-z, 0-9, '.', '-', '_'", printable(argument))
            );
        }
        break;
    case MergeRule::Action::conflict:
        break;
    case MergeRule::Action::ours:
    case MergeRule::Action::theirs:
        if (!argument.empty()) {
            throw wrong(
                fmt::format("'{}' follows an action that takes nothing", printable(argument))
            );
        }
    }
}

MergeRule parse_rule(std::string_view line) {
    MergeRule rule;
    rule.pattern = take_pattern(line);
    check_pattern(rule.pattern);
    rule.action = parse_action(take_word(line));
    rule.argument = trimmed(line);
    check_argument(rule);
    return rule;
}

/// What the path must begin and end with: most patterns need not be looked at further.
bool may_match(std::string_view pattern, std::string_view path) {
    constexpr std::string_view special = "*?\\";
    const auto first = pattern.find_first_of(special);
    if (first == std::string_view::npos) {
        return path == pattern;
    }
    return path.starts_with(pattern.substr(0, first)) &&
           path.ends_with(pattern.substr(pattern.find_last_of(special) + 1));
}

} // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
    if (!may_match(pattern, path)) {
        return false;
    }
    Matcher matcher(pattern);
    for (const auto byte : path) {
        matcher.feed(byte);
    }
    return matcher.matched();
}

MergeRules MergeRules::parse(ConstBytes text) {
    if (text.size() > longest_rules) {
        throw Error(Fault::usage, fmt::format("merge rules have {} bytes", text.size()));
    }
    MergeRules rules;
    std::size_t number = 0;
    const During reading([&] { return fmt::format("reading line {} of the rules", number); });
    for (const auto whole : split(as_text(text), '\n')) {
        ++number;
        const auto first = std::find_if_not(whole.begin(), whole.end(), [](char c) {
            return is_blank(c) || c == '\r';
        });
        auto line = whole.substr(static_cast<std::size_t>(first - whole.begin()));
        if (!line.empty() && line.front() != '#') {
            rules.rules_.push_back(parse_rule(line));
        }
    }
    return rules;
}

const MergeRules& MergeRules::defaults() {
    static const MergeRules rules = parse(as_bytes(default_merge_rules()));
    return rules;
}

std::string MergeRules::text() const {
    std::string text;
    for (const auto& rule : rules_) {
        const auto* const action =
            std::find_if(action_names.begin(), action_names.end(), [&](const ActionName& known) {
                return known.action == rule.action;
            });
        text += rule.pattern + " " + std::string(action->name);
        text += rule.argument.empty() ? "\n" : " " + rule.argument + "\n";
    }
    return text;
}

const MergeRule* MergeRules::find(std::string_view path) const {
    const auto at = std::find_if(rules_.begin(), rules_.end(), [&](const MergeRule& rule) {
        return glob_matches(rule.pattern, path);
    });
    return at == rules_.end() ? nullptr : &*at;
}

MergeRules MergeRules::before(const MergeRules& later) const {
    auto joined = *this;
    joined.rules_.insert(joined.rules_.end(), later.rules_.begin(), later.rules_.end());
    return joined;
}

} // namespace slipway::tree
