#include "store/fsck/references.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/fsck/links.h"
#include "store/fsck/losses.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::store {

namespace {

/// The message of an error with what was being done, on one line.
std::string one_line(const Error& error) {
    std::string text = error.what();
    for (const auto& line : error.context()) {
        text += ", while " + line;
    }
    return text;
}

class ReferenceCheck {
public:
    ReferenceCheck(const Repository& repository, const WholeObjects& objects, Findings& findings)
        : repository_(repository), shallow_(repository.shallow().commits()), objects_(objects),
          findings_(findings) {}

    std::uint64_t run(Reporter& reporter) {
        Task task(reporter, "checking commits", Unit::items);
        // Of removed branches too: a collection keeps what they were at.
        auto moves = repository_.branches().reflogs();
        std::reverse(moves.begin(), moves.end()); // what is put last is looked at first
        for (const auto& [branch, move] : moves) {
            waiting_.emplace_back(move.commit, "branch " + branch);
        }
        for (const auto& tag : repository_.branches().tags()) {
            waiting_.emplace_back(tag.commit, "tag " + tag.name);
        }
        while (!waiting_.empty()) {
            const auto [id, named_by] = waiting_.back();
            waiting_.pop_back();
            if (commits_.insert(id).second) {
                check_commit(id, named_by);
                task.advance(1);
            }
        }
        losses_.tell(findings_);
        return commits_.size();
    }

private:
    void check_commit(const Digest& id, const std::string& named_by) {
        if (!objects_.contains(id)) {
            findings_.problem("commit " + id.hex(), "is missing or damaged; named by " + named_by);
            return;
        }
        commit_ = id.hex();
        try {
            const auto commit = tree::load_commit(repository_, id);
            for (const auto& parent : commit.parents) {
                if (!shallow_.contains(id)) {
                    waiting_.emplace_back(parent, "commit " + id.hex());
                }
            }
            if (trees_.insert(commit.tree).second &&
                check_directory("", commit.tree, 0).has_links) {
                check_links(repository_, commit.tree, commit_, subtrees_, findings_);
            }
        } catch (const Error& error) {
            findings_.problem("commit " + id.hex(), one_line(error));
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion): no deeper than deepest_tree.
    Subtree check_directory(const std::string& path, const Digest& id, std::size_t depth) {
        constexpr Subtree lost{.has_links = false, .is_whole = false};
        if (depth > tree::deepest_tree) {
            findings_.problem(subject_of(path), "the tree is nested too deep");
            return lost;
        }
        if (!objects_.contains(id)) {
            losses_.add(id, "directory object", place_of(path));
            return lost;
        }
        if (const auto known = subtrees_.find(id); known != subtrees_.end()) {
            return known->second;
        }
        auto subtree = lost;
        try {
            subtree = check_entries(path, tree::load_directory(repository_, id), depth);
        } catch (const Error& error) {
            findings_.problem(subject_of(path), one_line(error));
        }
        return subtrees_[id] = subtree;
    }

    Subtree // NOLINTNEXTLINE(misc-no-recursion): as check_directory().
    check_entries(const std::string& path, const tree::Directory& directory, std::size_t depth) {
        Subtree all;
        for (const auto& entry : directory.entries) {
            const auto inner = path + "/" + entry.name;
            all.has_links |= entry.link.has_value();
            if (const auto* file = std::get_if<tree::File>(&entry.node)) {
                check_file(inner, *file);
            } else if (const auto* below = std::get_if<tree::Subdirectory>(&entry.node)) {
                const auto inside = check_directory(inner, below->directory, depth + 1);
                all.has_links |= inside.has_links;
                all.is_whole &= inside.is_whole;
            }
        }
        return all;
    }

    void check_file(const std::string& path, const tree::File& file) {
        if (file.size == 0) {
            return;
        }
        const auto whole = objects_.find(file.content);
        if (whole == objects_.end()) {
            losses_.add(file.content, "object", place_of(path));
        } else if (!files_.insert(file.content).second) {
            blame_chunks(path, file.content);
        } else if (file.size > tree::largest_single_chunk) {
            check_chunk_list(path, file);
        } else if (whole->second.length != file.size) {
            findings_.problem(
                subject_of(path),
                fmt::format("has {} bytes, its chunk {} of them", file.size, whole->second.length)
            );
        }
    }

    void check_chunk_list(const std::string& path, const tree::File& file) {
        tree::ChunkList list;
        try {
            list = tree::load_chunk_list(repository_, file.content);
        } catch (const Error& error) {
            findings_.problem(subject_of(path), one_line(error));
            return;
        }
        if (list.size() != file.size) {
            findings_.problem(
                subject_of(path), fmt::format("has {} bytes, its chunks {}", file.size, list.size())
            );
        }
        std::unordered_set<Digest> lost;
        for (const auto& run : list.runs) {
            if (!run.chunk) {
                continue;
            }
            const auto whole = objects_.find(*run.chunk);
            if (whole == objects_.end() || whole->second.length != run.length) {
                lost.insert(*run.chunk);
            }
        }
        if (!lost.empty()) {
            lost_chunks_.emplace(file.content, std::vector<Digest>(lost.begin(), lost.end()));
            blame_chunks(path, file.content);
        }
    }

    /// Another path that needs the lost chunks of a file, if it has any.
    void blame_chunks(const std::string& path, const Digest& content) {
        const auto lost = lost_chunks_.find(content);
        if (lost == lost_chunks_.end()) {
            return;
        }
        for (const auto& chunk : lost->second) {
            losses_.add(chunk, "object", place_of(path));
        }
    }

    NeededAt place_of(const std::string& path) const {
        return {path.empty() ? "/" : path, commit_};
    }

    std::string subject_of(const std::string& path) const { return text_of({place_of(path)}); }

    const Repository& repository_;
    const std::unordered_set<Digest> shallow_;
    const WholeObjects& objects_;
    Findings& findings_;
    Losses losses_;
    std::vector<std::pair<Digest, std::string>> waiting_;
    std::unordered_set<Digest> commits_;
    std::unordered_set<Digest> trees_;
    Subtrees subtrees_; // of directories that were checked
    std::unordered_set<Digest> files_;
    std::unordered_map<Digest, std::vector<Digest>> lost_chunks_; // by the file's content
    std::string commit_;
};

} // namespace

std::uint64_t check_references(
    const Repository& repository,
    const WholeObjects& objects,
    Findings& findings,
    Reporter& reporter
) {
    return ReferenceCheck(repository, objects, findings).run(reporter);
}

} // namespace slipway::store
