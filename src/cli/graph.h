// The lines beside a list of commits that show which came from which.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"

namespace slipway::cli {

/// Give it the commits in order, no commit before one that came from it. Each column is a line of
/// descent that waits for a commit.
class Graph {
public:
    /// Lines to be printed before the commit: columns that meet in it. Each with its newline.
    std::string lines_before(const Digest& commit);

    /// What stands before the commit's first line, and before its others.
    std::string mark(const Digest& commit) const;
    std::string continuation(const Digest& commit, const std::vector<Digest>& parents) const;

    /// Lines to be printed after the commit: columns that part or end.
    std::string lines_after(const Digest& commit, const std::vector<Digest>& parents);

private:
    std::size_t column_of(const Digest& commit) const;

    std::vector<Digest> columns_;
};

} // namespace slipway::cli
