#include "trust/seen.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/text_lines.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::string_view title = "slipway seen 1";

std::string text_of(std::int64_t time) {
    return time_text(static_cast<std::uint64_t>(time));
}

/// "NUMBER HEX TIME", then whatever follows.
std::vector<std::string_view>
fields_of(const TextLines& lines, std::string_view line, std::size_t count) {
    auto fields = split(line, ' ');
    if (fields.size() != count) {
        throw lines.wrong(fmt::format("'{}' has not {} fields", printable(line), count));
    }
    return fields;
}

/// True if a server's key of the set that was seen last is none in the newest.
bool has_lost_a_server(const KeyChain& chain, std::uint64_t seen_set) {
    const auto& sets = chain.sets();
    const auto& now = chain.newest().keys.servers;
    const auto before = std::find_if(sets.begin(), sets.end(), [&](const SignedKeySet& set) {
        return set.keys.sequence == seen_set;
    });
    return before != sets.end() &&
           !std::includes(
               now.begin(), now.end(), before->keys.servers.begin(), before->keys.servers.end()
           );
}

} // namespace

std::string encode(const Seen& seen) {
    auto text = fmt::format(
        "{}\nkeys {} {} {}\n",
        title,
        seen.key_set,
        seen.key_set_name.hex(),
        text_of(seen.key_set_time)
    );
    for (const auto& [branch, head] : seen.heads) {
        text += fmt::format(
            "head {} {} {} {}\n", head.sequence, head.commit.hex(), text_of(head.time), branch
        );
    }
    return text;
}

Seen decode_seen(std::string_view text) {
    TextLines lines(text, title, "a file of what was seen");
    Seen seen;
    const auto keys = fields_of(lines, lines.need("keys"), 3);
    seen.key_set = lines.number(keys[0]);
    seen.key_set_name = lines.digest(keys[1]);
    seen.key_set_time = lines.time(keys[2]);
    while (const auto line = lines.take("head")) {
        const auto head = fields_of(lines, *line, 4);
        const auto added = seen.heads.emplace(
            head[3], SeenHead{lines.number(head[0]), lines.digest(head[1]), lines.time(head[2])}
        );
        if (!added.second || head[3].empty() || added.first != std::prev(seen.heads.end())) {
            throw lines.wrong("its branches are not sorted");
        }
    }
    lines.finish();
    return seen;
}

void see_keys(Seen& seen, const KeyChain& chain) {
    const auto& newest = chain.newest();
    if (newest.keys.sequence < seen.key_set) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the keys end with key set {}, but key set {} was seen",
                newest.keys.sequence,
                seen.key_set
            )
        )
            .hint("the server is out of date, or hides newer keys");
    }
    for (const auto& set : chain.sets()) {
        if (set.keys.sequence == seen.key_set && set.name() != seen.key_set_name) {
            throw Error(
                Fault::refused,
                fmt::format("the chain of keys forks: another key set {} was seen", seen.key_set)
            )
                .hint("somebody made two sets of one number: ask who keeps the repository which "
                      "holds");
        }
    }
    if (has_lost_a_server(chain, seen.key_set)) {
        seen.heads.clear();
    }
    seen.key_set = newest.keys.sequence;
    seen.key_set_name = newest.name();
    seen.key_set_time = newest.keys.time;
}

} // namespace slipway::trust
