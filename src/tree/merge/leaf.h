// Merging one path that is no directory in any version.
#pragma once

#include <optional>
#include <string>

#include "tree/merge/content.h"
#include "tree/merge/fields.h"

namespace slipway::tree::merging {

class LeafMerger {
public:
    LeafMerger(
        const Contents& contents, MergeSink& sink, const MergeOptions& options, Referee& referee
    )
        : options_(options), referee_(referee), content_(contents, sink, options, referee) {}

    /// Null: not there in that version. Nothing comes back if the path is left out. In a conflict
    /// one of the versions does.
    std::optional<Entry> merge(
        const std::string& path, const Triple<const Entry*>& versions, Favour prefer = Favour::none
    );

    /// Theirs with the owners it has in the result.
    Entry mapped(const Entry& theirs, const Entry* base) const;

private:
    std::optional<Entry>
    merge_mapped(const std::string& path, const Triple<const Entry*>& versions, Favour prefer);
    std::optional<Entry>
    merge_presence(const std::string& path, const Triple<const Entry*>& versions, Version present);
    std::optional<Entry> merge_kinds(const std::string& path, const Triple<const Entry*>& versions);
    std::optional<Entry>
    merge_fields(const std::string& path, const Triple<const Entry*>& versions, Favour prefer);
    Node merge_node(
        const std::string& path,
        const Triple<const Node*>& versions,
        FieldMerger& fields,
        Favour prefer
    );

    const MergeOptions& options_;
    Referee& referee_;
    ContentMerger content_;
    bool removed_ = false;
};

} // namespace slipway::tree::merging
