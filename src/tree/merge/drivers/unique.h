// Values that only one record of a file may have.
#pragma once

#include "tree/merge/drivers/parts.h"

namespace slipway::tree {

/// A value that only one record of a file may have, such as an id.
struct UniqueValue {
    /// The value of a part; nothing if it has none.
    std::function<std::optional<std::string>(PartKind kind, std::string_view text)> of;

    /// What it is called in a conflict: "uid 1001".
    std::function<std::string(const std::string& value)> name;
};

/// A conflict for every value that ours gives to one record and theirs to another. Values that
/// records share in one side already are left alone. Records of the side that is not favoured go.
void keep_unique(
    MergedParts& merged, const Three<Parts>& versions, const UniqueValue& unique, Judge& judge
);

} // namespace slipway::tree
