#include "tree/renames.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <unordered_map>

namespace slipway::tree {

namespace {

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

std::string_view parent_path(std::string_view path) {
    return path.substr(0, path.rfind('/'));
}

const Entry& entry_of(const Change& change) {
    return change.after ? *change.after : *change.before;
}

bool is_directory(const Change& change) {
    return std::holds_alternative<Subdirectory>(entry_of(change).node);
}

bool is_symlink(const Change& change) {
    return std::holds_alternative<Symlink>(entry_of(change).node);
}

/// What two entries must share to be the same one; empty for those that are too common.
std::string identity_of(const Entry& entry) {
    if (const auto* const file = std::get_if<File>(&entry.node)) {
        return file->size == 0 ? "" : "f" + std::string(as_text(file->content.view()));
    }
    if (const auto* const node = std::get_if<Subdirectory>(&entry.node)) {
        return "d" + std::string(as_text(node->directory.view()));
    }
    const auto* const symlink = std::get_if<Symlink>(&entry.node);
    return symlink == nullptr ? "" : "l" + symlink->target;
}

/// How alike two paths are, from the closest on: the names two equal entries must share to be
/// paired in one round. A target alone makes no symbolic link the same: they stay out of the last.
using Likeness = std::string (*)(std::string_view path);

const std::array<Likeness, 4> rounds{
    [](std::string_view path) {
        return std::string(base_name(parent_path(path))) + "/" + std::string(base_name(path));
    },
    [](std::string_view path) { return std::string(base_name(path)); },
    [](std::string_view path) { return std::string(parent_path(path)); },
    [](std::string_view /*path*/) { return std::string(); }};

/// The changes of one diff while they are paired. Indices are places in `changes`.
class Pairing {
public:
    Pairing(std::vector<Change> changes, Parts ignored)
        : changes_(std::move(changes)), ignored_(ignored), partner_(changes_.size(), nobody),
          covered_(changes_.size(), false), ends_(changes_.size()) {
        find_ends();
    }

    std::vector<Change> run() {
        pair_equal_directories();
        pair_equal_entries();
        pair_directories_that_moved_along();
        return take_result();
    }

private:
    /// The changes from `at` to here are those of the subtree that begins there.
    void find_ends() {
        std::vector<std::size_t> open;
        for (std::size_t at = 0; at <= changes_.size(); ++at) {
            while (!open.empty() && (at == changes_.size() || !lies_in(at, open.back()))) {
                ends_[open.back()] = at;
                open.pop_back();
            }
            if (at < changes_.size()) {
                open.push_back(at);
            }
        }
    }

    bool lies_in(std::size_t inner, std::size_t outer) const {
        const auto& path = changes_[inner].path;
        const auto& directory = changes_[outer].path;
        return directory == "/" || (path.size() > directory.size() && path.starts_with(directory) &&
                                    path[directory.size()] == '/');
    }

    bool is_free(std::size_t at) const {
        return (changes_[at].added() || changes_[at].removed()) && partner_[at] == nobody &&
               !covered_[at];
    }

    /// Everything that was added and everything that was removed, if they have the same identity.
    struct Equals {
        std::vector<std::size_t> removed;
        std::vector<std::size_t> added;
    };

    /// Pairs each of the equal ones with the other that is most alike.
    template <typename Join>
    void pair_alike(Equals equals, const Join& join) {
        for (const auto likeness : rounds) {
            if (equals.added.empty() || equals.removed.empty() ||
                (likeness == rounds.back() && is_symlink(changes_[equals.added.front()]))) {
                return;
            }
            std::multimap<std::string, std::size_t> waiting;
            for (const auto at : equals.removed) {
                waiting.emplace(likeness(changes_[at].path), at);
            }
            const auto find = [&](std::size_t at) {
                const auto found = waiting.find(likeness(changes_[at].path));
                if (found == waiting.end()) {
                    return false;
                }
                join(found->second, at);
                waiting.erase(found);
                return true;
            };
            std::erase_if(equals.added, find);
            equals.removed.clear();
            for (const auto& [name, at] : waiting) {
                equals.removed.push_back(at);
            }
            std::sort(equals.removed.begin(), equals.removed.end());
        }
    }

    /// By identity, those of the free changes that are `wanted` and have one.
    template <typename Wanted>
    std::map<std::string, Equals> group(const Wanted& wanted) const {
        std::map<std::string, Equals> groups;
        for (std::size_t at = 0; at < changes_.size(); ++at) {
            if (!is_free(at) || !wanted(at)) {
                continue;
            }
            if (auto identity = identity_of(entry_of(changes_[at])); !identity.empty()) {
                auto& equals = groups[std::move(identity)];
                (changes_[at].added() ? equals.added : equals.removed).push_back(at);
            }
        }
        return groups;
    }

    /// Directories of one digest, the largest first, so that whole trees move as one.
    void pair_equal_directories() {
        std::vector<Equals> groups;
        for (auto& [identity, equals] : group([&](std::size_t at) { return holds_some(at); })) {
            if (!equals.added.empty() && !equals.removed.empty()) {
                groups.push_back(std::move(equals));
            }
        }
        const auto size = [&](const Equals& equals) {
            return ends_[equals.added.front()] - equals.added.front();
        };
        std::stable_sort(groups.begin(), groups.end(), [&](const Equals& a, const Equals& b) {
            return size(a) > size(b);
        });
        const auto taken = [&](std::size_t at) { return !is_free(at); };
        for (auto& equals : groups) {
            std::erase_if(equals.added, taken);
            std::erase_if(equals.removed, taken);
            pair_alike(std::move(equals), [&](std::size_t from, std::size_t to) {
                partner_[from] = to;
                partner_[to] = from;
                changes_[to].inside = ends_[to] - to - 1;
                cover(from);
                cover(to);
            });
        }
    }

    bool holds_some(std::size_t at) const {
        return is_directory(changes_[at]) && ends_[at] > at + 1;
    }

    /// Nothing is told of what lies in a directory that moved as it is.
    void cover(std::size_t directory) {
        std::fill(
            covered_.begin() + static_cast<std::ptrdiff_t>(directory) + 1,
            covered_.begin() + static_cast<std::ptrdiff_t>(ends_[directory]),
            true
        );
    }

    void pair_equal_entries() {
        for (auto& [identity, equals] :
             group([&](std::size_t at) { return !is_directory(changes_[at]); })) {
            pair_alike(std::move(equals), [&](std::size_t from, std::size_t to) {
                partner_[from] = to;
                partner_[to] = from;
            });
        }
    }

    /// For each removed directory, how many of its files went to each added directory, at the same
    /// path below it.
    using Votes = std::map<std::pair<std::size_t, std::size_t>, std::size_t>;

    Votes count_votes() const {
        std::unordered_map<std::string_view, std::size_t> added;
        std::unordered_map<std::string_view, std::size_t> removed;
        for (std::size_t at = 0; at < changes_.size(); ++at) {
            if (is_free(at) && is_directory(changes_[at])) {
                (changes_[at].added() ? added : removed).emplace(changes_[at].path, at);
            }
        }
        Votes votes;
        for (std::size_t at = 0; at < changes_.size(); ++at) {
            if (!changes_[at].removed() || partner_[at] == nobody || covered_[at]) {
                continue;
            }
            std::string_view from = changes_[at].path;
            std::string_view to = changes_[partner_[at]].path;
            while (base_name(from) == base_name(to)) {
                from = parent_path(from);
                to = parent_path(to);
                const auto old_directory = removed.find(from);
                const auto new_directory = added.find(to);
                if (old_directory == removed.end() || new_directory == added.end()) {
                    break;
                }
                votes[{old_directory->second, new_directory->second}] += 1;
            }
        }
        return votes;
    }

    void pair_directories_that_moved_along() {
        const auto votes = count_votes();
        for (auto at = votes.begin(); at != votes.end();) {
            const auto from = at->first.first;
            auto best = at;
            for (; at != votes.end() && at->first.first == from; ++at) {
                best = at->second > best->second ? at : best;
            }
            const auto to = best->first.second;
            if (is_free(from) && is_free(to) && moved_along(from, to, best->second)) {
                join_subtrees(from, to);
            }
        }
    }

    /// True if the subtrees have the same names and types, and the `same` ones among their files
    /// are half of them.
    bool moved_along(std::size_t from, std::size_t to, std::size_t same) const {
        if (ends_[from] - from != ends_[to] - to) {
            return false;
        }
        std::size_t files = 0;
        for (std::size_t i = 0; i < ends_[from] - from; ++i) {
            const auto& before = changes_[from + i];
            const auto& after = changes_[to + i];
            const auto alike = std::string_view(before.path).substr(changes_[from].path.size()) ==
                                   std::string_view(after.path).substr(changes_[to].path.size()) &&
                               !compare(*before.before, *after.after).has(Part::type);
            if (!alike || covered_[from + i] != covered_[to + i] || !may_join(from + i, to + i)) {
                return false;
            }
            files += counts(from + i, to + i) ? 1 : 0;
        }
        return same * 2 >= files;
    }

    /// True for what could have been paired at this place: that must be half of it.
    bool counts(std::size_t from, std::size_t to) const {
        if (covered_[from]) {
            return false;
        }
        return is_directory(changes_[from]) ? partner_[from] == to
                                            : !identity_of(*changes_[from].before).empty();
    }

    /// A directory that moved as it is, out of these subtrees or into them, is not torn apart.
    bool may_join(std::size_t from, std::size_t to) const {
        const auto free_or_file = [&](std::size_t at) {
            return partner_[at] == nobody || !is_directory(changes_[at]);
        };
        return partner_[from] == to || (free_or_file(from) && free_or_file(to));
    }

    void join_subtrees(std::size_t from, std::size_t to) {
        const auto count = ends_[from] - from;
        for (std::size_t i = 0; i < count; ++i) {
            if (!covered_[from + i]) {
                part_with(from + i);
                part_with(to + i);
                partner_[from + i] = to + i;
                partner_[to + i] = from + i;
            }
            in_renamed_.emplace(to + i, i != 0);
        }
        changes_[to].inside = count - 1;
    }

    void part_with(std::size_t at) {
        if (partner_[at] != nobody) {
            partner_[partner_[at]] = nobody;
            partner_[at] = nobody;
        }
    }

    /// The renamed entry as one change.
    Change joined(std::size_t from, std::size_t to) {
        Change change = std::move(changes_[to]);
        change.from = std::move(changes_[from].path);
        change.before = std::move(changes_[from].before);
        change.parts = compare(*change.before, *change.after);
        change.parts.remove(ignored_);
        if (change.before->link && change.after->link &&
            same_group(*change.before, *change.after)) {
            change.parts.remove(Part::link);
        }
        return change;
    }

    /// Groups of hard links are named by a path: one that was renamed has another name, and yet is
    /// the same if its members all went from that one name to this one.
    bool same_group(const Entry& before, const Entry& after) const {
        const auto to = group_after_.find(*before.link);
        const auto from = group_before_.find(*after.link);
        return to != group_after_.end() && from != group_before_.end() &&
               to->second == after.link && from->second == before.link;
    }

    void match_groups() {
        const auto note = [](auto& map, const LinkId& key, const std::optional<LinkId>& value) {
            const auto [at, is_new] = map.emplace(key, value);
            if (!is_new && at->second != value) {
                at->second = std::nullopt; // to several groups
            }
        };
        for (std::size_t at = 0; at < changes_.size(); ++at) {
            const auto from = changes_[at].before ? at : partner_[at];
            const auto to = changes_[at].after ? at : partner_[at];
            if (from == nobody || to == nobody) {
                continue;
            }
            const auto& before = changes_[from].before->link;
            const auto& after = changes_[to].after->link;
            if (before) {
                note(group_after_, *before, after);
            }
            if (after) {
                note(group_before_, *after, before);
            }
        }
    }

    bool worth_telling(std::size_t at, const Change& change) const {
        const auto found = in_renamed_.find(at);
        return found == in_renamed_.end() || !found->second || !change.parts.empty();
    }

    std::vector<Change> take_result() {
        match_groups();
        std::vector<Change> result;
        for (std::size_t at = 0; at < changes_.size(); ++at) {
            const auto is_pair = partner_[at] != nobody;
            if (covered_[at] || (is_pair && changes_[at].removed())) {
                continue;
            }
            if (!is_pair) {
                result.push_back(std::move(changes_[at]));
            } else if (auto change = joined(partner_[at], at); worth_telling(at, change)) {
                result.push_back(std::move(change));
            }
        }
        return result;
    }

    std::vector<Change> changes_;
    Parts ignored_;
    std::vector<std::size_t> partner_; ///< of a removed one the added, and the other way round
    std::vector<bool> covered_;        ///< in a directory that moved as it is
    std::vector<std::size_t> ends_;
    std::map<std::size_t, bool> in_renamed_; ///< directories that moved along and what is in them
    std::map<LinkId, std::optional<LinkId>> group_after_;
    std::map<LinkId, std::optional<LinkId>> group_before_;
};

} // namespace

std::vector<Change> pair_renames(std::vector<Change> changes, Parts ignored) {
    return Pairing(std::move(changes), ignored).run();
}

} // namespace slipway::tree
