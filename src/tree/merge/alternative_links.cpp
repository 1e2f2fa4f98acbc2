#include "tree/merge/alternative_links.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/content.h"
#include "tree/merge/cursor.h"
#include "tree/merge/drivers/alternatives.h"
#include "tree/merge/tree_paths.h"
#include "tree/walk.h"

namespace slipway::tree::merging {

namespace {

constexpr std::string_view lists_directory = "/var/lib/dpkg/alternatives";
constexpr std::string_view links_directory = "/etc/alternatives/";

const File* file_of(const Entry* entry) {
    return entry == nullptr ? nullptr : std::get_if<File>(&entry->node);
}

/// The same file, or neither is there.
bool same_list(const Entry* a, const Entry* b) {
    return a == nullptr || b == nullptr ? a == b : a->node == b->node;
}

class AlternativePlanner {
public:
    AlternativePlanner(
        DirectoryReader& reader,
        const Triple<std::optional<Digest>>& roots,
        const MergeOptions& options,
        Plan& plan,
        Referee& referee
    )
        : reader_(reader), roots_(roots), paths_(reader, roots), options_(options), plan_(plan),
          referee_(referee) {}

    void run() {
        const auto lists = changed_lists();
        std::set<std::string> names;
        for (const auto version : all_versions) {
            if (lists.of(version)) {
                for (const auto& entry : lists.of(version)->entries) {
                    names.insert(entry.name);
                }
            }
        }
        for (const auto& name : names) {
            Triple<const Entry*> entries;
            for (const auto version : all_versions) {
                const auto& list = lists.of(version);
                entries.of(version) = list ? entry_named(*list, name) : nullptr;
            }
            if (!same_list(entries.ours, entries.theirs) &&
                !same_list(entries.base, entries.ours) &&
                !same_list(entries.base, entries.theirs)) {
                plan_alternative(name, entries);
            }
        }
    }

private:
    /// The directories of lists; none if one side left them as they were.
    Triple<std::shared_ptr<const Directory>> changed_lists() {
        auto ids = roots_;
        Triple<std::shared_ptr<const Directory>> directories;
        for (const auto name : split(lists_directory, '/')) {
            if (ids.ours == ids.theirs || ids.ours == ids.base || ids.theirs == ids.base) {
                return {};
            }
            for (const auto version : all_versions) {
                auto& id = ids.of(version);
                auto& directory = directories.of(version);
                if (!name.empty()) {
                    id = directory ? directory_of(entry_named(*directory, name)) : std::nullopt;
                }
                directory = id ? reader_.read(*id) : nullptr;
            }
        }
        return directories;
    }

    void plan_alternative(const std::string& name, const Triple<const Entry*>& entries) {
        const auto path = std::string(lists_directory) + "/" + name;
        const auto* rule = options_.rules.find(path);
        if (rule == nullptr || rule->action != MergeRule::Action::driver ||
            rule->argument != "alternatives" || options_.drivers.count(rule->argument) == 0) {
            return;
        }
        Triple<Buffer> lists;
        for (const auto version : all_versions) {
            const auto* file = file_of(entries.of(version));
            if (entries.of(version) != nullptr &&
                (file == nullptr || file->size > options_.longest_input)) {
                return;
            }
            lists.of(version) = file == nullptr
                                    ? Buffer()
                                    : read_all(*open_file(reader_.contents(), *file), file->size);
        }
        const auto result = options_.drivers.at("alternatives")
                                ->merge({path, lists.base, lists.ours, lists.theirs}, Favour::none);
        if (result.conflicts.empty()) {
            plan_links(name, lists, result.merged);
        }
    }

    void plan_links(const std::string& name, const Triple<Buffer>& lists, const Buffer& merged) {
        const auto wanted = alternative_links(name, merged);
        if (wanted && !wanted->automatic) {
            return; // somebody chose; the links tell what
        }
        std::map<std::string, std::string> targets;
        for (const auto version : all_versions) {
            for (const auto& link : links_of(name, lists.of(version))) {
                targets[std::string(links_directory) + link.name];
                targets[link.link];
            }
        }
        for (const auto& link : wanted ? wanted->links : std::vector<AlternativeLink>()) {
            const auto is_there = !link.target.empty() && paths_.will_exist(link.target);
            const auto entry = std::string(links_directory) + link.name;
            targets[entry] = is_there ? link.target : "";
            targets[link.link] = is_there ? entry : "";
        }
        pattern_.reset();
        for (const auto& [path, target] : targets) {
            plan_link(path, target);
        }
    }

    static std::vector<AlternativeLink> links_of(const std::string& name, const Buffer& list) {
        const auto links = alternative_links(name, list);
        return links ? links->links : std::vector<AlternativeLink>();
    }

    /// An empty target: there is no such link.
    void plan_link(const std::string& link, const std::string& target) {
        auto path = paths_.real_path(Version::ours, link);
        if (!path) {
            path = paths_.real_path(Version::theirs, link);
        }
        if (!path) {
            return;
        }
        std::optional<Entry> like;
        for (const auto version : all_versions) {
            const auto entry = paths_.entry(version, *path);
            const auto* symlink = entry ? std::get_if<Symlink>(&entry->node) : nullptr;
            if (entry && symlink == nullptr && version != Version::base) {
                return; // somebody put something else there
            }
            if (symlink != nullptr && (!like || symlink->target == target)) {
                like = entry;
            }
            if (symlink != nullptr && symlink->target == target && version == Version::ours) {
                break;
            }
        }
        pattern_ = like ? like : pattern_;
        if (target.empty()) {
            plan_.put(*path, {});
        } else if (like) {
            plan_.put(*path, link_like(*like, target));
        } else if (pattern_) {
            plan_.create(*path, link_like(*pattern_, target));
        } else {
            referee_.note(*path, fmt::format("update-alternatives would link it to {}", target));
        }
    }

    /// As if ours had added it: it belongs to whom `entry` does.
    static Planned link_like(Entry entry, const std::string& target) {
        entry.node = Symlink{target};
        entry.link.reset();
        Planned planned;
        planned.versions.ours = std::move(entry);
        return planned;
    }

    DirectoryReader& reader_;
    const Triple<std::optional<Digest>>& roots_;
    TreePaths paths_;
    const MergeOptions& options_;
    Plan& plan_;
    Referee& referee_;
    std::optional<Entry> pattern_; // another link of the alternative, for one that was nowhere
};

} // namespace

void plan_alternatives(
    DirectoryReader& reader,
    const Triple<std::optional<Digest>>& roots,
    const MergeOptions& options,
    Plan& plan,
    Referee& referee
) {
    AlternativePlanner(reader, roots, options, plan, referee).run();
}

} // namespace slipway::tree::merging
