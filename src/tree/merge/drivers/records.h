// Merging files of records, one a line, with fields between colons: the account files.
//
// A record is known by its first field. A field that one side changed is taken from that side; a
// field that both changed differently is a conflict, but for sets of names, which are merged name
// by name. Comments and empty lines are kept, NIS lines ("+", "-") are merged as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tree/merge/drivers/parts.h"

namespace slipway::tree {

enum class FieldKind {
    text,
    number, ///< decimal, below 2^32; anything else makes the line malformed
    secret, ///< a password or its hash: never shown
    date,   ///< when the secret was changed: goes with it, else the later one
    names,  ///< a set of names between commas
};

struct RecordField {
    std::string_view name;
    FieldKind kind = FieldKind::text;
};

/// A family of files. Everything in it lives as long as the program.
struct RecordFamily {
    std::string_view noun;               ///< "user": names a record together with its key
    std::span<const RecordField> fields; ///< their number is the same in each record
    std::optional<std::size_t> id{};     ///< the field that no two records should share
    std::size_t key_fields = 1;          ///< how many fields, from the first, are the key
    bool compat = true;                  ///< NIS lines may occur
};

const RecordFamily& passwd_family();
const RecordFamily& group_family();
const RecordFamily& subid_family();

Parts parse_records(const LineFile& file, const RecordFamily& family);

/// A decimal number below 2^32 without a sign; nothing else.
std::optional<std::uint32_t> parse_id(std::string_view text);

std::string merge_passwd(const TextVersions& versions, Judge& judge);
std::string merge_shadow(const TextVersions& versions, Judge& judge);
std::string merge_group(const TextVersions& versions, Judge& judge);
std::string merge_gshadow(const TextVersions& versions, Judge& judge);

/// /etc/subuid and /etc/subgid. A name may have several ranges: a record is known by its name and
/// where its range begins. Ranges that ours and theirs add may not overlap.
std::string merge_subid(const TextVersions& versions, Judge& judge);

/// How a family's records are merged; `judge` must outlive the rules.
PartRules record_rules(const RecordFamily& family, Judge& judge);

/// A secret as it may be shown: "*", "!", "x" and the scheme of a hash, but not the hash.
std::string without_secret(std::string_view secret);

/// The names of both sides less those that one of them removed: in the order of ours, then
/// what theirs adds. `separator` stands between names; empty names are left out.
std::string merge_names(const Versions& versions, char separator);

} // namespace slipway::tree
