// The encoding of commits (docs/format/objects.md, "Commit").
#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/codec.h"
#include "tree/rules.h"

namespace slipway::tree {

namespace {

constexpr std::string_view magic = "slipway commit 1\n";
constexpr std::string_view time_form = "0000-00-00T00:00:00Z";

std::string time_text(std::int64_t time) {
    using namespace std::chrono;
    const sys_seconds at{seconds(time)};
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss clock(at - day);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count()
    );
}

/// The number in `text[at, at + length)`, all digits.
int number(std::string_view text, std::size_t at, std::size_t length) {
    int value = 0;
    const auto digits = text.substr(at, length);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

bool has_time_form(std::string_view text) {
    return std::equal(
        text.begin(),
        text.end(),
        time_form.begin(),
        time_form.end(),
        [](char c, char form) { return form == '0' ? c >= '0' && c <= '9' : c == form; }
    );
}

std::int64_t parse_time(std::string_view text) {
    using namespace std::chrono;
    if (has_time_form(text)) {
        const year_month_day date(
            year(number(text, 0, 4)),
            month(static_cast<unsigned>(number(text, 5, 2))),
            day(static_cast<unsigned>(number(text, 8, 2)))
        );
        const auto hour = number(text, 11, 2);
        const auto minute = number(text, 14, 2);
        const auto second = number(text, 17, 2);
        if (date.ok() && hour < 24 && minute < 60 && second < 60) {
            const auto at = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
            return at.time_since_epoch() / seconds(1);
        }
    }
    throw Error(Fault::corrupt, fmt::format("'{}' is no time", printable(text)));
}

/// The lines before the message, front to back.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    /// True if the next line starts with `key`.
    bool next_is(std::string_view key) const { return rest_.starts_with(key); }

    /// What follows `key` in the next line, which must start so.
    std::string_view take(std::string_view key) {
        const auto end = rest_.find('\n');
        if (!next_is(key) || end == std::string_view::npos) {
            throw Error(Fault::corrupt, fmt::format("commit has no '{}' where one belongs", key));
        }
        const auto value = rest_.substr(key.size(), end - key.size());
        rest_.remove_prefix(end + 1);
        return value;
    }

    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

Digest parse_digest(std::string_view text) {
    const auto digest = Digest::parse(text);
    if (!digest) {
        throw Error(Fault::corrupt, fmt::format("'{}' is no object's name", printable(text)));
    }
    return *digest;
}

Fact parse_fact(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        throw Error(Fault::corrupt, fmt::format("fact '{}' has no value", printable(text)));
    }
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

void check_size(std::size_t size, Fault fault) {
    if (size > largest_commit) {
        throw Error(fault, fmt::format("a commit of {} bytes is too large", size));
    }
}

} // namespace

Buffer encode(const Commit& commit) {
    check(commit, Fault::usage);
    ByteWriter writer;
    const auto line = [&](std::string_view key, std::string_view value) {
        writer.text(key);
        writer.text(value);
        writer.text("\n");
    };
    writer.text(magic);
    line("tree ", commit.tree.hex());
    for (const auto& parent : commit.parents) {
        line("parent ", parent.hex());
    }
    line("author ", commit.author);
    line("time ", time_text(commit.time));
    for (const auto& fact : commit.facts) {
        line("fact ", fact.name + "=" + fact.value);
    }
    line("", "");
    writer.text(commit.message);
    check_size(writer.size(), Fault::usage);
    return std::move(writer).take();
}

Commit decode_commit(ConstBytes bytes) {
    check_size(bytes.size(), Fault::corrupt);
    ByteReader reader(bytes);
    reader.expect(magic, "commit");
    Lines lines(as_text(reader.bytes(reader.left())));
    Commit commit;
    commit.tree = parse_digest(lines.take("tree "));
    while (lines.next_is("parent ")) {
        commit.parents.push_back(parse_digest(lines.take("parent ")));
    }
    commit.author = lines.take("author ");
    commit.time = parse_time(lines.take("time "));
    while (lines.next_is("fact ")) {
        commit.facts.push_back(parse_fact(lines.take("fact ")));
    }
    if (!lines.take("").empty()) {
        throw Error(Fault::corrupt, "commit has an unknown line before its message");
    }
    commit.message = lines.rest();
    check(commit, Fault::corrupt);
    return commit;
}

} // namespace slipway::tree
