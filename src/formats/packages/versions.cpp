#include "formats/packages/versions.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace slipway::formats {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int sign(int order) {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// How many characters at the start of `text` are `of` a kind.
template <typename Of>
std::size_t run_of(std::string_view text, Of of) {
    const auto end = std::find_if_not(text.begin(), text.end(), of);
    return static_cast<std::size_t>(end - text.begin());
}

std::string_view take(std::string_view& text, std::size_t count) {
    const auto taken = text.substr(0, count);
    text.remove_prefix(count);
    return taken;
}

/// Numbers of any length.
int compare_digits(std::string_view a, std::string_view b) {
    a.remove_prefix(run_of(a, [](char c) { return c == '0'; }));
    b.remove_prefix(run_of(b, [](char c) { return c == '0'; }));
    if (a.size() != b.size()) {
        return a.size() < b.size() ? -1 : 1;
    }
    return sign(a.compare(b));
}

struct Version {
    std::string_view epoch;
    std::string_view version;
    std::string_view release;
    bool has_release = false;
};

/// The epoch ends at the first colon, if there are but digits before it; the release begins behind
/// the last hyphen.
Version parts_of(std::string_view text) {
    Version parts;
    const auto digits = run_of(text, is_digit);
    if (digits < text.size() && text[digits] == ':') {
        parts.epoch = text.substr(0, digits);
        text.remove_prefix(digits + 1);
    }
    const auto hyphen = text.rfind('-');
    parts.version = text.substr(0, hyphen);
    parts.has_release = hyphen != std::string_view::npos;
    parts.release = parts.has_release ? text.substr(hyphen + 1) : std::string_view();
    return parts;
}

/// One step of rpm's rule: a segment of digits or of letters from each of two versions that both
/// begin with one. The first decides which kind.
int compare_segments(std::string_view& a, std::string_view& b) {
    const auto numeric = is_digit(a.front());
    const auto kind = numeric ? is_digit : is_letter;
    const auto left = take(a, run_of(a, kind));
    const auto right = take(b, run_of(b, kind));
    if (right.empty()) { // digits are newer than letters
        return numeric ? 1 : -1;
    }
    return numeric ? compare_digits(left, right) : sign(left.compare(right));
}

std::size_t separators(std::string_view text, std::string_view but) {
    return run_of(text, [&](char c) {
        return !is_digit(c) && !is_letter(c) && but.find(c) == std::string_view::npos;
    });
}

/// rpm's `~` and `^` at the start of what is left. 0: both had the same, which is taken off.
/// Nothing: there is none, the segments decide.
std::optional<int> compare_marks(std::string_view& a, std::string_view& b) {
    const auto starts = [](std::string_view text, char c) { return text.starts_with(c); };
    for (const auto mark : {'~', '^'}) {
        const auto left = starts(a, mark);
        const auto right = starts(b, mark);
        if (left && right) {
            a.remove_prefix(1);
            b.remove_prefix(1);
            return 0;
        }
        if (left || right) {
            // The end of the other is newer than `~` and older than `^`; anything else is newer.
            const auto& other = left ? b : a;
            const auto marked_is_newer = mark == '^' && other.empty();
            return left == marked_is_newer ? 1 : -1;
        }
    }
    return std::nullopt;
}

int rpm_order(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty()) {
        a.remove_prefix(separators(a, "~^"));
        b.remove_prefix(separators(b, "~^"));
        if (const auto marked = compare_marks(a, b)) {
            if (*marked == 0) {
                continue;
            }
            return *marked;
        }
        if (a.empty() || b.empty()) {
            break;
        }
        if (const auto order = compare_segments(a, b); order != 0) {
            return order;
        }
    }
    return a.empty() == b.empty() ? 0 : a.empty() ? -1 : 1;
}

/// Older than rpm's: longer separators are newer, and letters at the end are older than nothing.
int pacman_order(std::string_view a, std::string_view b) {
    while (!a.empty() && !b.empty()) {
        const auto left = separators(a, "");
        const auto right = separators(b, "");
        a.remove_prefix(left);
        b.remove_prefix(right);
        if (a.empty() || b.empty()) {
            break;
        }
        if (left != right) {
            return left < right ? -1 : 1;
        }
        if (const auto order = compare_segments(a, b); order != 0) {
            return order;
        }
    }
    if (a.empty() && b.empty()) {
        return 0;
    }
    const auto letter = [](std::string_view text) { return !text.empty() && is_letter(text[0]); };
    return (a.empty() && !letter(b)) || letter(a) ? -1 : 1;
}

/// The parts of an apk version, in the order in which they may come.
enum class Token {
    first_digits,
    digits,
    letter,
    suffix,
    suffix_digits,
    hash,
    revision,
    end,
    invalid
};

/// Pre-releases, then `none`, which stands for no suffix, then what comes after a release.
constexpr std::array<std::string_view, 10> apk_suffixes{
    "alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"};
constexpr std::size_t no_suffix = 4;

/// Reads an apk version token by token.
class ApkTokens {
public:
    explicit ApkTokens(std::string_view text) : rest_(text) { take_digits(Token::first_digits); }

    Token token() const { return token_; }

    /// The digits, the letter or the hash.
    std::string_view text() const { return text_; }

    std::size_t suffix() const { return suffix_; }

    bool is_prerelease() const { return token_ == Token::suffix && suffix_ < no_suffix; }

    void next() {
        if (rest_.empty()) {
            token_ = Token::end;
            return;
        }
        const auto c = rest_.front();
        if (c >= 'a' && c <= 'z' && token_ <= Token::digits) {
            text_ = take(rest_, 1);
            token_ = Token::letter;
        } else if (c == '.' && token_ <= Token::digits) {
            rest_.remove_prefix(1);
            take_digits(Token::digits);
        } else if (is_digit(c) && (token_ <= Token::digits || token_ == Token::suffix)) {
            take_digits(token_ == Token::suffix ? Token::suffix_digits : Token::digits);
        } else if (c == '_' && token_ <= Token::suffix_digits) {
            rest_.remove_prefix(1);
            take_suffix();
        } else if (c == '~' && token_ < Token::hash) {
            rest_.remove_prefix(1);
            take_hash();
        } else if (rest_.starts_with("-r") && token_ < Token::revision) {
            rest_.remove_prefix(2);
            take_digits(Token::revision);
        } else {
            token_ = Token::invalid;
        }
    }

private:
    void take_digits(Token token) {
        text_ = take(rest_, run_of(rest_, is_digit));
        token_ = text_.empty() ? Token::invalid : token;
    }

    void take_suffix() {
        text_ = take(rest_, run_of(rest_, [](char c) { return c >= 'a' && c <= 'z'; }));
        const auto* const found = std::find(apk_suffixes.begin(), apk_suffixes.end(), text_);
        suffix_ = static_cast<std::size_t>(found - apk_suffixes.begin());
        token_ = text_.empty() || found == apk_suffixes.end() ? Token::invalid : Token::suffix;
    }

    void take_hash() {
        text_ = take(rest_, run_of(rest_, [](char c) {
                         return is_digit(c) || (c >= 'a' && c <= 'f');
                     }));
        token_ = text_.empty() ? Token::invalid : Token::hash;
    }

    std::string_view rest_;
    Token token_ = Token::invalid;
    std::string_view text_;
    std::size_t suffix_ = 0;
};

/// Two tokens of the same kind.
int compare_tokens(const ApkTokens& a, const ApkTokens& b) {
    switch (a.token()) {
    case Token::digits:
        // With a leading zero they are compared as texts, as parts of a decimal fraction.
        if (a.text().front() == '0' || b.text().front() == '0') {
            return sign(a.text().compare(b.text()));
        }
        return compare_digits(a.text(), b.text());
    case Token::first_digits:
    case Token::suffix_digits:
    case Token::revision:
        return compare_digits(a.text(), b.text());
    case Token::suffix:
        return a.suffix() == b.suffix() ? 0 : a.suffix() < b.suffix() ? -1 : 1;
    default:
        return sign(a.text().compare(b.text()));
    }
}

} // namespace

std::string_view family_name(PackageFamily family) {
    constexpr std::array<std::string_view, 4> names{"deb", "rpm", "apk", "pacman"};
    return names.at(static_cast<std::size_t>(family));
}

int compare_package_versions(PackageFamily family, std::string_view a, std::string_view b) {
    switch (family) {
    case PackageFamily::deb:
        return compare_deb_versions(a, b);
    case PackageFamily::rpm:
        return compare_rpm_versions(a, b);
    case PackageFamily::apk:
        return compare_apk_versions(a, b);
    case PackageFamily::pacman:
        return compare_pacman_versions(a, b);
    }
    return 0;
}

int compare_deb_versions(std::string_view a, std::string_view b) {
    const auto left = parts_of(a);
    const auto right = parts_of(b);
    if (const auto order = compare_digits(left.epoch, right.epoch); order != 0) {
        return order;
    }
    if (const auto order = compare_versions(left.version, right.version); order != 0) {
        return sign(order);
    }
    return sign(compare_versions(left.release, right.release));
}

int compare_rpm_versions(std::string_view a, std::string_view b) {
    const auto left = parts_of(a);
    const auto right = parts_of(b);
    if (const auto order = compare_digits(left.epoch, right.epoch); order != 0) {
        return order;
    }
    if (const auto order = rpm_order(left.version, right.version); order != 0) {
        return order;
    }
    return rpm_order(left.release, right.release);
}

int compare_apk_versions(std::string_view a, std::string_view b) {
    ApkTokens left(a);
    ApkTokens right(b);
    while (left.token() == right.token() && left.token() < Token::end) {
        if (const auto order = compare_tokens(left, right); order != 0) {
            return order;
        }
        left.next();
        right.next();
    }
    if (left.token() == right.token()) {
        return 0;
    }
    if (left.is_prerelease() || right.is_prerelease()) {
        return left.is_prerelease() ? -1 : 1;
    }
    // What goes on is newer than what comes later in a version, or ends.
    return left.token() > right.token() ? -1 : 1;
}

int compare_pacman_versions(std::string_view a, std::string_view b) {
    const auto left = parts_of(a);
    const auto right = parts_of(b);
    if (const auto order = compare_digits(left.epoch, right.epoch); order != 0) {
        return order;
    }
    if (const auto order = pacman_order(left.version, right.version); order != 0) {
        return order;
    }
    return left.has_release && right.has_release ? pacman_order(left.release, right.release) : 0;
}

} // namespace slipway::formats
