// The text resources of a repository: lists of branches, tags and reflogs (docs/format/http.md).
//
// One record a line, fields separated by tabs, bytes that would break that as `\xHH`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

/// A branch's name as the last component of a path: ':', which no name has, for '/'.
/// So branches `a` and `a/b` are two files, not a file and a directory.
std::string one_component(std::string_view branch);
std::string branch_of_component(std::string_view component);

/// Throw Fault::corrupt.
LeaseRequest decode_lease(std::string_view text);
std::vector<store::Branch> decode_branches(std::string_view text);
std::vector<store::Tag> decode_tags(std::string_view text);
std::vector<store::Move> decode_moves(std::string_view text);

} // namespace slipway::sync
