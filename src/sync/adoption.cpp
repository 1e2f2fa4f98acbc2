#include "sync/adoption.h"

#include <algorithm>
#include <unordered_set>

#include "store/completeness.h"
#include "store/heads.h"
#include "sync/signatures.h"
#include "tree/content.h"

namespace slipway::sync {

namespace {

using store::Branches;

/// At which of the commits that end the history there it ends here too: not where the rest is here.
std::vector<Digest> new_ends(const store::Repository& repository, const Refs& refs) {
    std::vector<Digest> ends;
    if (refs.shallow.empty()) {
        return ends;
    }
    const auto known = store::known_commits(repository);
    for (const auto& id : refs.shallow) {
        if (!repository.index().holds(id)) {
            continue;
        }
        const auto parents = tree::load_commit(repository, id).parents;
        if (std::any_of(parents.begin(), parents.end(), [&](const Digest& parent) {
                return !known.contains(parent);
            })) {
            ends.push_back(id);
        }
    }
    return ends;
}

/// The ends of the history here whose parents have come, with all that these need.
std::vector<Digest> old_ends(const store::Repository& repository, const Refs& refs) {
    std::vector<Digest> ends;
    const auto here = repository.shallow().commits();
    const std::unordered_set<Digest> there(refs.shallow.begin(), refs.shallow.end());
    for (const auto& id : here) {
        if (there.contains(id) || !repository.index().holds(id)) {
            continue;
        }
        store::CompletenessQuestion question{
            .commits = tree::load_commit(repository, id).parents, .known = {}, .shallow = here};
        question.shallow.insert(there.begin(), there.end());
        question.shallow.erase(id);
        if (find_missing(repository, question).empty()) {
            ends.push_back(id);
        }
    }
    return ends;
}

/// Does what may be refused for one name, and keeps the reason.
template <typename Act>
void attempt(std::vector<Error>& refusals, Act act) {
    try {
        act();
    } catch (const Error& error) {
        if (error.fault() != Fault::refused) {
            throw;
        }
        refusals.push_back(error);
    }
}

void adopt_tag(
    const store::Repository& repository, const store::Tag& tag, Branches::Divergence divergence
) {
    const auto here = repository.branches().find_tag(tag.name);
    if (here && here->commit == tag.commit) {
        return;
    }
    if (here && divergence == Branches::Divergence::replace) {
        repository.branches().remove_tag(tag.name);
    }
    repository.branches().add_tag(tag);
}

} // namespace

std::vector<trust::SignedKeySet>
new_key_sets(const store::Repository& repository, const Refs& refs) {
    std::vector<trust::SignedKeySet> sets;
    if (!refs.keys) {
        return sets;
    }
    const auto newest = store::newest_keys(repository.key_sets());
    for (const auto& set : refs.keys->sets()) {
        if (!newest || set.keys.sequence > newest->keys.sequence) {
            sets.push_back(set);
        }
    }
    return sets;
}

void adopt_state(const store::Repository& repository, const Refs& refs, Reporter& reporter) {
    for (const auto& set : new_key_sets(repository, refs)) {
        repository.key_sets().add(
            static_cast<std::int64_t>(set.keys.sequence), encode(set.document)
        );
    }
    repository.shallow().change(new_ends(repository, refs), old_ends(repository, refs));
    keep_signatures(repository, refs.signatures, reporter);
}

AdoptedNames adopt_names(
    const store::Repository& repository, const Refs& refs, const store::Branches::Adoption& adoption
) {
    AdoptedNames adopted;
    for (const auto& tag : refs.tags) {
        attempt(adopted.refusals, [&] { adopt_tag(repository, tag, adoption.divergence); });
    }
    for (std::size_t i = 0; i < refs.branches.size(); ++i) {
        const auto& name = refs.branches[i].name;
        attempt(adopted.refusals, [&] {
            if (repository.branches().adopt(name, refs.moves[i], adoption)) {
                adopted.branches.push_back(name);
            }
        });
    }
    for (const auto& [said, statement] : refs.statements) {
        repository.statements().adopt(said, statement);
    }
    return adopted;
}

} // namespace slipway::sync
