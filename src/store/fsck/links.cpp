#include "store/fsck/links.h"

#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/content.h"

namespace slipway::store {

namespace {

/// The names of one inode, met in the order of their paths' components.
struct Group {
    std::string first_path;
    tree::Node node;
    tree::Attributes attributes;
    std::uint64_t members = 1;
};

class LinkCheck {
public:
    LinkCheck(
        const Contents& contents,
        const std::string& commit,
        const Subtrees& subtrees,
        Findings& findings
    )
        : contents_(contents), commit_(commit), subtrees_(subtrees), findings_(findings) {}

    void run(const Digest& tree) {
        visit("", tree);
        if (!subtrees_.at(tree).is_whole) {
            return; // a first member, or a second, may be in what is lost
        }
        for (const auto& [id, group] : groups_) {
            if (group.members == 1) {
                blame(group.first_path, "has a link id, and no other name in the tree has it");
            }
            if (id != tree::LinkId::of_path(group.first_path)) {
                blame(group.first_path, "has a link id that is not made of this path");
            }
        }
    }

private:
    // NOLINTNEXTLINE(misc-no-recursion): as deep as what was read before.
    void visit(const std::string& path, const Digest& id) {
        const auto known = subtrees_.find(id);
        if (known == subtrees_.end() || !known->second.has_links) {
            return;
        }
        const auto directory = tree::load_directory(contents_, id);
        for (const auto& entry : directory.entries) {
            const auto inner = path + "/" + entry.name;
            if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
                visit(inner, below->directory);
            } else if (entry.link) {
                take(inner, entry);
            }
        }
    }

    void take(const std::string& path, const tree::Entry& entry) {
        const auto [place, is_first] =
            groups_.try_emplace(*entry.link, Group{path, entry.node, entry.attributes});
        if (is_first) {
            return;
        }
        auto& group = place->second;
        ++group.members;
        if (entry.node != group.node || entry.attributes != group.attributes) {
            blame(
                path,
                fmt::format("is a hard link to {} and differs from it", printable(group.first_path))
            );
        }
    }

    void blame(const std::string& path, std::string fact) {
        findings_.problem(text_of({{path, commit_}}), std::move(fact));
    }

    const Contents& contents_;
    const std::string& commit_;
    const Subtrees& subtrees_;
    Findings& findings_;
    std::map<tree::LinkId, Group> groups_;
};

} // namespace

void check_links(
    const Contents& contents,
    const Digest& tree,
    const std::string& commit,
    const Subtrees& subtrees,
    Findings& findings
) {
    LinkCheck(contents, commit, subtrees, findings).run(tree);
}

} // namespace slipway::store
