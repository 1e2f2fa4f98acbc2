#include "sync/records.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "store/leases.h"

namespace slipway::sync {

namespace {

constexpr std::string_view lease_title = "slipway lease 1";
constexpr std::string_view branches_title = "slipway branches 1";
constexpr std::string_view tags_title = "slipway tags 1";
constexpr std::string_view moves_title = "slipway reflog 1";
constexpr std::string_view packs_title = "slipway packs 1";
constexpr std::string_view signatures_title = "slipway signatures 1";
constexpr std::string_view commits_title = "slipway commits 1";
constexpr std::string_view update_title = "slipway update 1";
constexpr std::string_view nothing = "-";

/// Tabs, newlines and other control characters are `\xHH` already in what printable() gives.
std::string unprintable(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text.substr(i, 2) == "\\x" && i + 4 <= text.size()) {
            const auto* const digits = text.data() + i + 2;
            if (std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
                bytes += static_cast<char>(value);
                i += 3;
                continue;
            }
        }
        bytes += text[i];
    }
    return bytes;
}

std::int64_t parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) {
        throw Error(Fault::corrupt, fmt::format("'{}' is no number", printable(text)));
    }
    return number;
}

/// The number of a move.
std::int64_t parse_sequence(std::string_view text) {
    constexpr std::int64_t largest = 1LL << 53U;
    const auto number = parse_number(text);
    if (number < 1 || number > largest) {
        throw Error(Fault::corrupt, fmt::format("{} is no number of a move", number));
    }
    return number;
}

Digest parse_digest(std::string_view text) {
    const auto digest = Digest::parse(text);
    if (!digest) {
        throw Error(Fault::corrupt, fmt::format("'{}' is no commit id", printable(text)));
    }
    return *digest;
}

std::string hex_of(ConstBytes bytes) {
    std::string text;
    for (const auto byte : bytes) {
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return text;
}

Buffer parse_hex(std::string_view text) {
    Buffer bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        const auto* const digits = text.data() + i;
        if (i + 2 > text.size() ||
            std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) {
            throw Error(Fault::corrupt, "these are no bytes in hexadecimal");
        }
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

/// The fields of each line after the title; any number of them if `fields` is 0.
std::vector<std::vector<std::string_view>>
parse_lines(std::string_view text, std::string_view title, std::size_t fields) {
    auto lines = split(text, '\n');
    if (lines.front() != title || !lines.back().empty()) {
        throw Error(Fault::corrupt, fmt::format("this is no '{}' list", title));
    }
    std::vector<std::vector<std::string_view>> records;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        records.push_back(split(lines[i], '\t'));
        if (fields > 0 && records.back().size() != fields) {
            throw Error(Fault::corrupt, fmt::format("line {} of a '{}' list is damaged", i, title));
        }
    }
    return records;
}

} // namespace

std::string encode_lease(const LeaseRequest& lease) {
    return fmt::format(
        "{}\n{}\t{}\t{}\n", lease_title, lease.commit.hex(), lease.seconds, lease.holder
    );
}

LeaseRequest decode_lease(std::string_view text) {
    const auto lines = parse_lines(text, lease_title, 3);
    if (lines.size() != 1) {
        throw Error(Fault::corrupt, "a request for a lease has one line");
    }
    const auto& fields = lines.front();
    LeaseRequest lease{std::string(fields[2]), parse_digest(fields[0]), parse_number(fields[1])};
    if (lease.seconds < 0 || !store::is_lease_holder(lease.holder)) {
        throw Error(Fault::corrupt, fmt::format("'{}' can hold no lease", printable(lease.holder)));
    }
    return lease;
}

std::string encode_branches(const std::vector<store::Branch>& branches) {
    auto text = fmt::format("{}\n", branches_title);
    for (const auto& branch : branches) {
        text += fmt::format(
            "{}\t{}\t{}\n", branch.commit.hex(), branch.sequence, printable(branch.name)
        );
    }
    return text;
}

std::string encode_tags(const std::vector<store::Tag>& tags) {
    auto text = fmt::format("{}\n", tags_title);
    for (const auto& tag : tags) {
        text += fmt::format(
            "{}\t{}\t{}\t{}\n", tag.commit.hex(), tag.time, printable(tag.who), printable(tag.name)
        );
    }
    return text;
}

std::string encode_moves(const std::vector<store::Move>& moves) {
    auto text = fmt::format("{}\n", moves_title);
    for (const auto& move : moves) {
        text += fmt::format(
            "{}\t{}\t{}\t{}\t{}\n",
            move.sequence,
            move.commit.hex(),
            move.time,
            printable(move.who),
            printable(move.reason)
        );
    }
    return text;
}

std::string encode_packs(const std::vector<ListedPack>& packs) {
    auto text = fmt::format("{}\n", packs_title);
    for (const auto& [pack, size] : packs) {
        text += fmt::format("{}\t{}\n", pack.hex(), size);
    }
    return text;
}

std::string encode_signatures(const std::vector<SignedCommit>& signatures) {
    auto text = fmt::format("{}\n", signatures_title);
    for (const auto& [commit, signature] : signatures) {
        text += fmt::format("{}\t{}\n", commit.hex(), hex_of(signature));
    }
    return text;
}

std::string encode_commits(const std::vector<Digest>& commits) {
    auto text = fmt::format("{}\n", commits_title);
    for (const auto& commit : commits) {
        text += commit.hex() + '\n';
    }
    return text;
}

std::string encode_update(const Update& update) {
    auto text = fmt::format("{}\n", update_title);
    for (const auto& branch : update.branches) {
        text += fmt::format(
            "branch\t{}\t{}\t{}\t{}\t{}\n",
            printable(branch.branch),
            branch.from ? branch.from->hex() : nothing,
            branch.to.hex(),
            branch.way == BranchUpdate::Way::forward ? "forward" : "any",
            printable(branch.reason)
        );
    }
    for (const auto& tag : update.tags) {
        text += fmt::format(
            "tag\t{}\t{}\t{}\t{}\n",
            printable(tag.name),
            tag.commit.hex(),
            tag.time,
            printable(tag.who)
        );
    }
    for (const auto& [commit, signature] : update.signatures) {
        text += fmt::format("signature\t{}\t{}\n", commit.hex(), hex_of(signature));
    }
    return text;
}

std::string one_component(std::string_view branch) {
    std::string component(branch);
    std::replace(component.begin(), component.end(), '/', ':');
    return component;
}

std::string branch_of_component(std::string_view component) {
    std::string branch(component);
    std::replace(branch.begin(), branch.end(), ':', '/');
    return branch;
}

std::vector<store::Branch> decode_branches(std::string_view text) {
    std::vector<store::Branch> branches;
    for (const auto& fields : parse_lines(text, branches_title, 3)) {
        branches.push_back(
            {unprintable(fields[2]), parse_digest(fields[0]), parse_sequence(fields[1])}
        );
    }
    return branches;
}

std::vector<store::Tag> decode_tags(std::string_view text) {
    std::vector<store::Tag> tags;
    for (const auto& fields : parse_lines(text, tags_title, 4)) {
        tags.push_back(
            {unprintable(fields[3]),
             parse_digest(fields[0]),
             parse_number(fields[1]),
             unprintable(fields[2])}
        );
    }
    return tags;
}

std::vector<store::Move> decode_moves(std::string_view text) {
    std::vector<store::Move> moves;
    for (const auto& fields : parse_lines(text, moves_title, 5)) {
        const auto sequence = parse_sequence(fields[0]);
        if (!moves.empty() && sequence >= moves.back().sequence) {
            throw Error(Fault::corrupt, "the moves of a branch are not in order");
        }
        moves.push_back(
            {sequence,
             parse_digest(fields[1]),
             parse_number(fields[2]),
             unprintable(fields[3]),
             unprintable(fields[4])}
        );
    }
    return moves;
}

std::vector<ListedPack> decode_packs(std::string_view text) {
    std::vector<ListedPack> packs;
    for (const auto& fields : parse_lines(text, packs_title, 2)) {
        const auto size = parse_number(fields[1]);
        if (size < 0) {
            throw Error(Fault::corrupt, "a pack of less than no bytes");
        }
        packs.push_back({parse_digest(fields[0]), static_cast<std::uint64_t>(size)});
    }
    return packs;
}

std::vector<SignedCommit> decode_signatures(std::string_view text) {
    std::vector<SignedCommit> signatures;
    for (const auto& fields : parse_lines(text, signatures_title, 2)) {
        signatures.push_back({parse_digest(fields[0]), parse_hex(fields[1])});
    }
    return signatures;
}

std::vector<Digest> decode_commits(std::string_view text) {
    std::vector<Digest> commits;
    for (const auto& fields : parse_lines(text, commits_title, 1)) {
        commits.push_back(parse_digest(fields[0]));
    }
    return commits;
}

namespace {

BranchUpdate parse_branch_update(const std::vector<std::string_view>& fields) {
    BranchUpdate update{.branch = unprintable(fields[1]), .to = parse_digest(fields[3])};
    if (fields[2] != nothing) {
        update.from = parse_digest(fields[2]);
    }
    if (fields[4] != "forward" && fields[4] != "any") {
        throw Error(Fault::corrupt, fmt::format("'{}' is no way to move", printable(fields[4])));
    }
    update.way = fields[4] == "any" ? BranchUpdate::Way::any : BranchUpdate::Way::forward;
    update.reason = unprintable(fields[5]);
    return update;
}

} // namespace

Update decode_update(std::string_view text) {
    Update update;
    for (const auto& fields : parse_lines(text, update_title, 0)) {
        if (fields[0] == "branch" && fields.size() == 6) {
            update.branches.push_back(parse_branch_update(fields));
        } else if (fields[0] == "tag" && fields.size() == 5) {
            update.tags.push_back(
                {unprintable(fields[1]),
                 parse_digest(fields[2]),
                 parse_number(fields[3]),
                 unprintable(fields[4])}
            );
        } else if (fields[0] == "signature" && fields.size() == 3) {
            update.signatures.push_back({parse_digest(fields[1]), parse_hex(fields[2])});
        } else {
            throw Error(Fault::corrupt, "a line of an update is damaged");
        }
    }
    return update;
}

} // namespace slipway::sync
