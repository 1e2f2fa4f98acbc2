#include "trust/head_statement.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/text_lines.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::string_view title = "slipway head 1";
constexpr std::size_t longest_statement = 4096;
constexpr std::size_t longest_branch = 200;

std::string text_of(std::int64_t time) {
    return time_text(static_cast<std::uint64_t>(time));
}

} // namespace

std::string encode(const HeadStatement& head) {
    return fmt::format(
        "{}\nrepository {}\nkeys {}\nbranch {}\ncommit {}\nsequence {}\ntime {}\nexpires {}\n",
        title,
        head.repository.hex(),
        head.keys.hex(),
        head.branch,
        head.commit.hex(),
        head.sequence,
        text_of(head.time),
        text_of(head.expires)
    );
}

HeadStatement decode_head_statement(std::string_view text) {
    TextLines lines(text, title, "a head statement");
    HeadStatement head;
    head.repository = lines.need_digest("repository");
    head.keys = lines.need_digest("keys");
    head.branch = lines.need("branch");
    head.commit = lines.need_digest("commit");
    head.sequence = lines.need_number("sequence");
    head.time = lines.need_time("time");
    head.expires = lines.need_time("expires");
    lines.finish();
    if (text.size() > longest_statement || head.branch.empty() ||
        head.branch.size() > longest_branch || head.sequence == 0 || head.expires < head.time) {
        throw lines.wrong("a value is out of bounds");
    }
    return head;
}

HeadStatement check_head(const KeyChain& chain, std::string_view branch, std::string_view bytes) {
    const auto document = decode_signed_text(bytes);
    auto head = decode_head_statement(document.text);
    const auto& newest = chain.newest().keys;
    if (head.repository != newest.repository) {
        throw Error(Fault::refused, "the head statement is of another repository");
    }
    if (head.branch != branch) {
        throw Error(
            Fault::refused,
            fmt::format("the head statement is of branch '{}', not '{}'", head.branch, branch)
        );
    }
    if (!chain.contains(head.keys)) {
        throw Error(
            Fault::refused,
            fmt::format("the head statement of '{}' was made under keys that are not known", branch)
        )
            .hint("the server has newer keys than it shows, or its chain forks");
    }
    if (signers_among(document, head_namespace, newest.servers).empty()) {
        throw Error(
            Fault::refused,
            fmt::format("the head statement of '{}' is signed by no key of the server", branch)
        )
            .hint("`slipway keys sign-heads` on the server signs it");
    }
    return head;
}

void check_is_new(const HeadStatement& head, const SeenHead* seen, std::int64_t now) {
    if (seen != nullptr && head.sequence < seen->sequence) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the head statement of '{}' is number {}, but number {} was seen",
                head.branch,
                head.sequence,
                seen->sequence
            )
        )
            .hint("the server shows an older state: it is out of date, or somebody replays it");
    }
    if (seen != nullptr && head.sequence == seen->sequence && head.commit != seen->commit) {
        throw Error(
            Fault::refused,
            fmt::format(
                "number {} of '{}' was commit {}, now it is {}",
                head.sequence,
                head.branch,
                seen->commit.hex(),
                head.commit.hex()
            )
        )
            .hint("the repository came back from a copy and went on elsewhere, or its key is abused"
            );
    }
    if (now >= head.expires) {
        throw Error(
            Fault::refused,
            fmt::format(
                "the head statement of '{}' expired {}, and now it is {}",
                head.branch,
                text_of(head.expires),
                text_of(now)
            )
        )
            .hint(
                "`slipway serve` makes it anew, `slipway keys sign-heads` by hand; if that is not "
                "the time, set this machine's clock"
            );
    }
}

} // namespace slipway::trust
