#include "store/completeness.h"

#include <fmt/format.h>

#include "tree/content.h"
#include "tree/needs.h"

namespace slipway::store {

namespace {

class MissingSearch {
public:
    MissingSearch(const Repository& repository, const CompletenessQuestion& question)
        : repository_(repository), question_(question),
          needs_(repository, [this](const tree::Need& need) { return look_up(need); }),
          waiting_(question.commits) {}

    std::vector<Missing> run() {
        while (!waiting_.empty() && !is_enough()) {
            const auto id = waiting_.back();
            waiting_.pop_back();
            if (!question_.known.contains(id) && seen_.insert(id).second) {
                check_commit(id);
            }
        }
        return std::move(missing_);
    }

    /// What is there and condemned.
    const std::vector<Missing>& condemned() const { return condemned_; }

private:
    bool is_enough() const { return missing_.size() >= question_.limit; }

    void check_commit(const Digest& id) {
        commit_ = id;
        if (!repository_.index().find(id)) {
            missing_.push_back({id, Kind::commit, id});
            return;
        }
        note({id, Kind::commit, id});
        const auto commit = tree::load_commit(repository_, id);
        if (!question_.shallow.contains(id)) {
            waiting_.insert(waiting_.end(), commit.parents.begin(), commit.parents.end());
        }
        needs_.add(commit.tree, base_of(commit));
    }

    /// A tree that is whole and much like that of the commit.
    std::optional<Digest> base_of(const tree::Commit& commit) const {
        for (const auto& parent : commit.parents) {
            if (question_.known.contains(parent)) {
                return tree::load_commit(repository_, parent).tree;
            }
        }
        return std::nullopt;
    }

    tree::Needs::Descend look_up(const tree::Need& need) {
        if (is_enough()) {
            return tree::Needs::Descend::no;
        }
        const auto location = repository_.index().find(need.id);
        if (!location) {
            missing_.push_back({need.id, need.kind, commit_});
            return tree::Needs::Descend::no;
        }
        note({need.id, need.kind, commit_});
        if (need.kind == Kind::chunk && location->length != need.length) {
            throw Error(
                Fault::corrupt,
                fmt::format(
                    "chunk {} has {} bytes, a file says {}",
                    need.id.hex(),
                    location->length,
                    need.length
                )
            );
        }
        return tree::Needs::Descend::yes;
    }

    void note(const Missing& object) {
        if (!repository_.index().holds(object.id)) {
            condemned_.push_back(object);
        }
    }

    const Repository& repository_;
    const CompletenessQuestion& question_;
    tree::Needs needs_;
    std::vector<Digest> waiting_;
    std::unordered_set<Digest> seen_;
    std::vector<Missing> missing_;
    std::vector<Missing> condemned_;
    Digest commit_;
};

/// Takes back what is condemned, while no pack can go. A collection that has seen all names already
/// would take it, else. Returns what is gone.
std::vector<Missing> take_back(const Repository& repository, std::vector<Missing> condemned) {
    if (condemned.empty()) {
        return condemned;
    }
    std::vector<Digest> ids;
    for (const auto& object : condemned) {
        ids.push_back(object.id);
    }
    const PackLock staying(repository.paths(), LockFile::Mode::shared);
    repository.index().reprieve(ids);
    std::erase_if(condemned, [&](const Missing& object) {
        return repository.index().holds(object.id);
    });
    return condemned;
}

} // namespace

std::unordered_set<Digest> known_commits(const Repository& repository) {
    std::vector<Digest> waiting;
    for (const auto& branch : repository.branches().list()) {
        waiting.push_back(branch.commit);
    }
    for (const auto& [branch, move] : repository.branches().reflogs()) {
        waiting.push_back(move.commit);
    }
    for (const auto& tag : repository.branches().tags()) {
        waiting.push_back(tag.commit);
    }
    const auto shallow = repository.shallow().commits();
    std::unordered_set<Digest> known;
    while (!waiting.empty()) {
        const auto id = waiting.back();
        waiting.pop_back();
        if (!known.contains(id) && repository.index().find(id)) {
            known.insert(id);
            if (shallow.contains(id)) {
                continue; // of its parents some may be here, and not whole
            }
            const auto parents = tree::load_commit(repository, id).parents;
            waiting.insert(waiting.end(), parents.begin(), parents.end());
        }
    }
    return known;
}

std::vector<Missing>
find_missing(const Repository& repository, const CompletenessQuestion& question) {
    return MissingSearch(repository, question).run();
}

void check_complete(const Repository& repository, CompletenessQuestion question) {
    question.limit = 1;
    MissingSearch search(repository, question);
    auto missing = search.run();
    if (missing.empty()) {
        missing = take_back(repository, search.condemned());
    }
    if (!missing.empty()) {
        throw Error(
            Fault::corrupt,
            fmt::format(
                "object {} is missing, which commit {} needs",
                missing.front().id.hex(),
                missing.front().commit.hex()
            )
        );
    }
}

} // namespace slipway::store
