#include "cli/history.h"

#include <algorithm>

#include "tree/ancestry.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::cli {

History::History(sync::View& view, const Digest& start) : view_(view) {
    add(start);
}

void History::add(const Digest& id) {
    if (seen_.insert(id).second) {
        waiting_.push(load_named(view_, id));
    }
}

std::optional<NamedCommit> History::next() {
    if (waiting_.empty()) {
        return std::nullopt;
    }
    auto newest = waiting_.top();
    waiting_.pop();
    for (const auto& parent : newest.commit.parents) {
        add(parent);
    }
    return newest;
}

std::vector<NamedCommit> children_first(sync::View& view, const Digest& start) {
    std::unordered_map<Digest, std::size_t> children;
    std::unordered_map<Digest, NamedCommit> commits;
    History history(view, start);
    while (auto next = history.next()) {
        for (const auto& parent : next->commit.parents) {
            children[parent] += 1;
        }
        const auto id = next->id;
        commits.emplace(id, *std::move(next));
    }
    const auto is_older = [](const NamedCommit* a, const NamedCommit* b) {
        return a->commit.time < b->commit.time;
    };
    std::priority_queue<NamedCommit*, std::vector<NamedCommit*>, decltype(is_older)> ready(is_older
    );
    ready.push(&commits.at(start));
    std::vector<NamedCommit> ordered;
    while (!ready.empty()) {
        auto* const next = ready.top();
        ready.pop();
        for (const auto& parent : next->commit.parents) {
            if (--children.at(parent) == 0) {
                ready.push(&commits.at(parent));
            }
        }
        ordered.push_back(std::move(*next));
    }
    return ordered;
}

bool is_ancestor(sync::View& view, const Digest& ancestor, const Digest& commit) {
    return tree::is_ancestor(ancestor, commit, [&](const Digest& id) {
        return view.history_ends().contains(id) ? std::vector<Digest>()
                                                : tree::load_commit(view, id).parents;
    });
}

namespace {

/// What a tree has at `path`: the entry, or the root under its digest.
std::optional<tree::Entry> entry_at(sync::View& view, const Digest& tree, const std::string& path) {
    view.prepare(tree);
    auto found = tree::look_up(view, tree, path);
    if (!found) {
        return std::nullopt;
    }
    return found->entry ? std::move(found->entry)
                        : tree::Entry{"", tree::Subdirectory{tree}, {}, {}};
}

} // namespace

bool changes_path(sync::View& view, const tree::Commit& commit, const std::string& path) {
    const auto own = entry_at(view, commit.tree, path);
    const auto has_the_same = [&](const Digest& parent) {
        return entry_at(view, tree::load_commit(view, parent).tree, path) == own;
    };
    if (commit.parents.empty()) {
        return own.has_value();
    }
    return std::none_of(commit.parents.begin(), commit.parents.end(), has_the_same);
}

std::unordered_map<Digest, std::vector<std::string>> names_of_commits(sync::View& view) {
    std::unordered_map<Digest, std::vector<std::string>> names;
    for (const auto& branch : view.branches()) {
        names[branch.commit].push_back(branch.name);
    }
    for (const auto& tag : view.tags()) {
        names[tag.commit].push_back("tag " + tag.name);
    }
    return names;
}

std::string title_of(const tree::Commit& commit) {
    return commit.message.substr(0, commit.message.find('\n'));
}

} // namespace slipway::cli
