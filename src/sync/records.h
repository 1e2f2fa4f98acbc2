// The text resources of a repository: lists of branches, tags, moves, packs (docs/format/http.md).
//
// One record a line, fields separated by tabs, bytes that would break that as `\xHH`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "store/branches.h"

namespace slipway::sync {

/// What a machine asks for that runs a commit; no seconds: it has ended.
struct LeaseRequest {
    std::string holder;
    Digest commit;
    std::int64_t seconds = 0;
    friend bool operator==(const LeaseRequest&, const LeaseRequest&) = default;
};

std::string encode_lease(const LeaseRequest& lease);
std::string encode_branches(const std::vector<store::Branch>& branches);
std::string encode_tags(const std::vector<store::Tag>& tags);
std::string encode_moves(const std::vector<store::Move>& moves);

/// A pack of a repository and its size.
struct ListedPack {
    Digest pack;
    std::uint64_t size = 0;
    friend bool operator==(const ListedPack&, const ListedPack&) = default;
};

/// A signature beside what it signs.
struct SignedCommit {
    Digest commit;
    Buffer signature;
    friend bool operator==(const SignedCommit&, const SignedCommit&) = default;
};

/// A branch that the receiver is asked to move.
struct BranchUpdate {
    enum class Way { forward, any };

    std::string branch{};
    std::optional<Digest> from{}; ///< nothing: there is none yet
    Digest to{};
    Way way = Way::forward; ///< any: it may lose commits
    std::string reason{};
    friend bool operator==(const BranchUpdate&, const BranchUpdate&) = default;
};

/// What is asked of a receiver once it has all objects.
struct Update {
    std::vector<BranchUpdate> branches{};
    std::vector<store::Tag> tags{};
    std::vector<SignedCommit> signatures{};
    friend bool operator==(const Update&, const Update&) = default;
};

std::string encode_packs(const std::vector<ListedPack>& packs);
std::string encode_signatures(const std::vector<SignedCommit>& signatures);
std::string encode_commits(const std::vector<Digest>& commits);
std::string encode_update(const Update& update);

/// A branch's name as the last component of a path: ':', which no name has, for '/'.
/// So branches `a` and `a/b` are two files, not a file and a directory.
std::string one_component(std::string_view branch);
std::string branch_of_component(std::string_view component);

/// Throw Fault::corrupt.
LeaseRequest decode_lease(std::string_view text);
std::vector<store::Branch> decode_branches(std::string_view text);
std::vector<store::Tag> decode_tags(std::string_view text);
std::vector<store::Move> decode_moves(std::string_view text);
std::vector<ListedPack> decode_packs(std::string_view text);
std::vector<SignedCommit> decode_signatures(std::string_view text);
std::vector<Digest> decode_commits(std::string_view text);
Update decode_update(std::string_view text);

} // namespace slipway::sync
