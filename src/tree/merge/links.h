// Hard links of the result: which paths are one inode, and by what id.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tree/merge/link_groups.h"
#include "tree/merge/plan.h"
#include "tree/merge/referee.h"

namespace slipway::tree::merging {

/// A planned path that a trial of the merge left in the result.
struct Survivor {
    std::string path;
    std::size_t group = 0;
    Entry entry;
};

/// Plans the paths whose hard links changed, in two steps. First every path gets the group it
/// belongs to and the versions it is merged from. When a trial of the merge has told which paths
/// live, ids are made from the first of each group.
class LinkPlanner {
public:
    LinkPlanner(const std::vector<LinkRecord>& records, Plan& plan)
        : records_(records), plan_(plan), groups_(records) {}

    void plan_groups(Referee& referee);

    /// `survivors` are in the order of path_before(). Members without a record are looked for only
    /// if their id changes.
    void plan_ids(
        DirectoryReader& reader,
        const std::optional<Digest>& base,
        std::vector<Survivor> survivors,
        Referee& referee
    );

private:
    struct Members;

    void plan_record(std::size_t record, Referee& referee);
    std::optional<Label> merged_label(std::size_t record, Planned& planned, Referee& referee);
    std::optional<Label> ask(std::size_t record, Planned& planned, Referee& referee);
    void plan_removed(std::size_t record, Version present, Planned& planned);
    void plan_added(std::size_t record, Version present, Planned& planned, Referee& referee);
    void plan_moved(std::size_t record, Label label, Planned& planned);
    void check_separations(Referee& referee);

    std::vector<Members> members_of(std::vector<Survivor> survivors) const;
    bool all_of_id(const Members& members) const;
    static bool keeps_id(const Members& members);
    void find_unrecorded(
        DirectoryReader& reader, const std::optional<Digest>& base, std::vector<Members>& groups
    );
    static void part(Members members, std::vector<Members>& parts, Referee& referee);
    void name_members(const Members& members);

    const std::vector<LinkRecord>& records_;
    Plan& plan_;
    LinkGroups groups_;
    std::set<std::size_t> open_; ///< records about which a conflict was recorded
};

} // namespace slipway::tree::merging
