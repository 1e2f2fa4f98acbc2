#include "tree/diff.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::tree {

namespace {

/// An entry on one side, and what is in it if it is a directory.
struct Opened {
    std::optional<Entry> entry; ///< nothing: it is not there
    Directory below;            ///< empty unless it is a directory
};

Opened open_directory(const Contents& contents, std::string name, const Digest& id) {
    Opened opened{Entry{std::move(name), Subdirectory{id}, {}, {}}, load_directory(contents, id)};
    opened.entry->attributes = opened.below.attributes;
    return opened;
}

Opened open_entry(const Contents& contents, const Entry* entry) {
    if (entry == nullptr) {
        return {};
    }
    if (const auto* const node = std::get_if<Subdirectory>(&entry->node)) {
        return open_directory(contents, entry->name, node->directory);
    }
    return {*entry, {}};
}

bool is_directory(const std::optional<Entry>& entry) {
    return entry && std::holds_alternative<Subdirectory>(entry->node);
}

/// One directory of both trees, and how far its entries have been compared.
struct Level {
    std::string path; ///< "" for the root
    std::vector<Entry> before;
    std::vector<Entry> after;
    std::size_t next_before = 0;
    std::size_t next_after = 0;

    bool at_end() const { return next_before == before.size() && next_after == after.size(); }

    /// The next name's entries; null where a side has none of that name.
    std::pair<const Entry*, const Entry*> take() {
        const auto* old_entry = next_before < before.size() ? &before[next_before] : nullptr;
        const auto* new_entry = next_after < after.size() ? &after[next_after] : nullptr;
        if (old_entry != nullptr && new_entry != nullptr) {
            const auto order = old_entry->name.compare(new_entry->name);
            old_entry = order > 0 ? nullptr : old_entry;
            new_entry = order < 0 ? nullptr : new_entry;
        }
        next_before += old_entry != nullptr ? 1 : 0;
        next_after += new_entry != nullptr ? 1 : 0;
        return {old_entry, new_entry};
    }
};

/// The way down both trees at once, depth first.
class Comparer {
public:
    Comparer(const Contents& contents, Parts ignored, const EachChange& each)
        : contents_(contents), ignored_(ignored), each_(each) {}

    /// Tells what differs at `path` itself and below.
    void run(const std::string& path, Opened before, Opened after) {
        meet(path, std::move(before), std::move(after));
        while (!levels_.empty()) {
            if (levels_.back().at_end()) {
                levels_.pop_back();
                continue;
            }
            const auto [before_entry, after_entry] = levels_.back().take();
            if (before_entry != nullptr && after_entry != nullptr &&
                *before_entry == *after_entry) {
                continue;
            }
            const auto& entry = before_entry != nullptr ? *before_entry : *after_entry;
            const auto below = levels_.back().path + "/" + entry.name;
            const During reading([&] { return fmt::format("comparing '{}'", printable(below)); });
            meet(below, open_entry(contents_, before_entry), open_entry(contents_, after_entry));
        }
    }

private:
    void meet(const std::string& path, Opened before, Opened after) {
        const auto goes_down = is_directory(before.entry) || is_directory(after.entry);
        auto parts = before.entry && after.entry ? compare(*before.entry, *after.entry) : Parts();
        parts.remove(ignored_);
        if (!before.entry || !after.entry || !parts.empty()) {
            each_(
                {path.empty() ? "/" : path, std::move(before.entry), std::move(after.entry), parts}
            );
        }
        if (!goes_down) {
            return;
        }
        if (levels_.size() > deepest_tree) {
            throw Error(Fault::corrupt, fmt::format("the tree is deeper than {}", deepest_tree));
        }
        levels_.push_back({path, std::move(before.below.entries), std::move(after.below.entries)});
    }

    const Contents& contents_;
    Parts ignored_;
    const EachChange& each_;
    std::vector<Level> levels_;
};

/// What a tree has at `path`; the root if that has no components.
Opened open_at(const Contents& contents, const std::optional<Digest>& tree, std::string_view path) {
    if (!tree) {
        return {};
    }
    auto found = open_directory(contents, "", *tree);
    for (const auto name : split(path, '/')) {
        if (!name.empty()) {
            found = open_entry(contents, entry_named(found.below, name));
        }
    }
    return found;
}

/// "/usr/bin" for "usr//bin/", "" for "/".
std::string tidy(std::string_view path) {
    std::string result;
    for (const auto name : split(path, '/')) {
        if (!name.empty()) {
            result += "/" + std::string(name);
        }
    }
    return result;
}

bool same_type(const Node& before, const Node& after) {
    const auto* const device = std::get_if<Device>(&before);
    return before.index() == after.index() &&
           (device == nullptr || device->kind == std::get<Device>(after).kind);
}

void compare_nodes(const Node& before, const Node& after, Parts& parts) {
    if (!same_type(before, after)) {
        parts.add(Part::type);
    } else if (before != after) {
        if (std::holds_alternative<File>(before)) {
            parts.add(Part::content);
        } else if (std::holds_alternative<Symlink>(before)) {
            parts.add(Part::target);
        } else if (std::holds_alternative<Device>(before)) {
            parts.add(Part::device);
        }
    }
}

} // namespace

std::string_view part_name(Part part) {
    constexpr std::array<std::string_view, all_parts.size()> names{
        "type", "content", "mode", "owner", "group", "mtime", "xattrs", "target", "device", "link"};
    return names.at(static_cast<std::size_t>(part));
}

Parts compare(const Entry& before, const Entry& after) {
    Parts parts;
    const auto note = [&](bool differs, Part part) {
        if (differs) {
            parts.add(part);
        }
    };
    compare_nodes(before.node, after.node, parts);
    note(before.attributes.mode != after.attributes.mode, Part::mode);
    note(before.attributes.uid != after.attributes.uid, Part::owner);
    note(before.attributes.gid != after.attributes.gid, Part::group);
    note(before.attributes.mtime != after.attributes.mtime, Part::mtime);
    note(before.attributes.xattrs != after.attributes.xattrs, Part::xattrs);
    note(before.link != after.link, Part::link);
    return parts;
}

std::vector<std::string> differing_xattrs(const Attributes& before, const Attributes& after) {
    std::vector<Xattr> either;
    const auto order = [](const Xattr& a, const Xattr& b) {
        return std::tie(a.name, a.value) < std::tie(b.name, b.value);
    };
    std::set_symmetric_difference(
        before.xattrs.begin(),
        before.xattrs.end(),
        after.xattrs.begin(),
        after.xattrs.end(),
        std::back_inserter(either),
        order
    );
    std::vector<std::string> names;
    for (auto& xattr : either) {
        if (names.empty() || names.back() != xattr.name) {
            names.push_back(std::move(xattr.name));
        }
    }
    return names;
}

void diff(const Contents& contents, const Comparison& comparison, const EachChange& each) {
    const auto path = tidy(comparison.path);
    if (path.empty() && comparison.before == comparison.after) {
        return;
    }
    auto before = open_at(contents, comparison.before, path);
    auto after = open_at(contents, comparison.after, path);
    if (!before.entry && !after.entry) {
        throw Error(Fault::not_found, fmt::format("neither tree has {}", printable(path)));
    }
    if (before.entry == after.entry) {
        return;
    }
    Comparer(contents, comparison.ignored, each).run(path, std::move(before), std::move(after));
}

} // namespace slipway::tree
