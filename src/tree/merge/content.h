// Merging the content of a file that both sides changed, as the rules say.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "tree/merge/referee.h"

namespace slipway::tree::merging {

struct MergedContent {
    File file;
    bool removed = false; ///< the path is left out: nothing is in it, or a resolution says so
};

/// Finds the rule, runs the driver and stores what it made.
class ContentMerger {
public:
    ContentMerger(
        const Contents& contents, MergeSink& sink, const MergeOptions& options, Referee& referee
    )
        : contents_(contents), sink_(sink), options_(options), referee_(referee) {}

    /// All three are different. Only the base may be null. With `prefer`, that side is taken. The
    /// members of a group of hard links that hold the same are merged once.
    MergedContent
    merge(const std::string& path, const Triple<const File*>& versions, Favour prefer);

    /// One side lacks the file and the other changed it. Nothing if its rule names no driver for
    /// which an absent file is an empty one.
    std::optional<MergedContent>
    merge_absent(const std::string& path, const Triple<const File*>& versions);

private:
    using Group = std::tuple<std::size_t, Digest, Digest, Digest>;

    MergedContent by_rule(const std::string& path, const Triple<const File*>& versions);
    MergedContent
    ask(const std::string& path, const std::string& why, const Triple<const File*>& versions);
    MergedContent
    drive(const std::string& path, const MergeDriver& driver, const Triple<const File*>& versions);
    const MergeDriver* driver_for(const std::string& path) const;
    MergedContent decided(Choice choice, const Triple<const File*>& versions);

    const Contents& contents_;
    MergeSink& sink_;
    const MergeOptions& options_;
    Referee& referee_;
    std::map<Group, MergedContent> of_groups_;
};

} // namespace slipway::tree::merging
