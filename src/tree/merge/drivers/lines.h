// Merging texts by line.
#pragma once

#include "tree/merge/drivers/judge.h"

namespace slipway::tree {

/// The three-way merge of Khanna, Kunal and Pierce, "A formal investigation of diff3", 2007: the
/// lines that both sides kept cut the file into regions, and a region that both sides changed
/// differently is a conflict. So changes conflict also where they touch. Without a base each
/// difference is a conflict. A missing newline at the end is merged by itself and is no line's
/// part.
std::string merge_lines(const TextVersions& versions, Judge& judge);

/// Files that are sets of lines, such as dpkg's *.list: never a conflict. Order follows ours; what
/// theirs adds comes behind the line it follows there, or to its place if both files are sorted.
std::string merge_sorted_lines(const TextVersions& versions, Judge& judge);

} // namespace slipway::tree
