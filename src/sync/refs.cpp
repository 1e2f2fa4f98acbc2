#include "sync/refs.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/completeness.h"
#include "trust/head_statement.h"

namespace slipway::sync {

namespace {

std::optional<store::Branch>
same_here(const store::Repository& repository, const store::Branch& branch) {
    const auto here = repository.branches().find(branch.name);
    return here == branch ? here : std::nullopt;
}

/// Reads what one peer has.
class RefsReader {
public:
    RefsReader(Peer& peer, const store::Repository& repository, const RefsQuestion& question)
        : peer_(peer), repository_(repository), question_(question) {}

    /// Names come before what they need: so that is as new as they are, or newer.
    Refs run() {
        read_branches();
        refs_.tags = peer_.tags();
        if (question_.keys == RefsQuestion::Keys::theirs) {
            read_keys();
            read_statements();
        }
        refs_.shallow = peer_.shallow();
        refs_.signatures = peer_.signatures();
        return std::move(refs_);
    }

private:
    void read_keys() {
        const auto own = repository_.key_sets().chain();
        const auto bytes = peer_.key_chain([&](const std::string& text) {
            auto offered = trust::KeyChain::decode(text);
            trust::check_step(nullptr, offered.sets().front());
            if (!own.empty()) {
                trust::KeyChain::decode(own).follow(offered);
            }
            if (question_.trusted) {
                trust::KeyChain(*question_.trusted).follow(offered);
            }
            refs_.keys = std::move(offered);
        });
        if (!bytes && question_.trusted) {
            throw Error(Fault::refused, "the repository has no keys, but some are trusted for it")
                .hint("is it the right repository?");
        }
    }

    /// Throws Fault::refused if a branch is where it was here before.
    void check_is_not_older(const std::vector<store::Branch>& branches) const {
        for (const auto& branch : branches) {
            const auto here = repository_.branches().find(branch.name);
            if (here && here->sequence > branch.sequence) {
                throw Error(
                    Fault::refused,
                    fmt::format(
                        "branch '{}' has moved {} times there, but {} times here",
                        branch.name,
                        branch.sequence,
                        here->sequence
                    )
                );
            }
        }
    }

    /// Where a branch is its reflog says: it may have moved between the two requests.
    void read_branches() {
        // If all servers are behind, the last one is taken as it is: whoever adopts a branch finds
        // out that it has other moves here.
        auto others = peer_.options().servers.size() - 1;
        auto listed = peer_.branches([&](const std::vector<store::Branch>& branches) {
            if (others > 0) {
                --others;
                check_is_not_older(branches);
            }
        });
        for (auto& branch : listed) {
            store::check_branch_name(branch.name);
            auto moves = same_here(repository_, branch) ? repository_.branches().reflog(branch.name)
                                                        : peer_.reflog(branch.name);
            if (moves.empty()) {
                throw Error(
                    Fault::corrupt, fmt::format("branch '{}' there has no moves", branch.name)
                );
            }
            branch.commit = moves.front().commit;
            branch.sequence = moves.front().sequence;
            refs_.branches.push_back(std::move(branch));
            refs_.moves.push_back(std::move(moves));
        }
    }

    void read_statements() {
        if (!refs_.keys) {
            return;
        }
        for (const auto& branch : refs_.branches) {
            try {
                read_statement(branch.name);
            } catch (const Error& error) { // it takes nothing from the other branches
                if (error.fault() != Fault::refused) {
                    throw;
                }
                refs_.refusals.push_back(error);
            }
        }
    }

    void read_statement(const std::string& branch) {
        const auto here = seen_here(branch);
        peer_.head_statement(branch, [&](const std::string& text) {
            const auto head = trust::check_head(*refs_.keys, branch, text);
            // Whether it has expired is for those to judge who rely on it.
            trust::check_is_new(head, here ? &*here : nullptr, std::numeric_limits<int>::min());
            if (!here || head.sequence > here->sequence || head.time > here->time) {
                const auto sequence = static_cast<std::int64_t>(head.sequence);
                refs_.statements.push_back({{branch, head.commit, sequence}, text});
            }
        });
    }

    /// What the statement says that is kept here.
    std::optional<trust::SeenHead> seen_here(const std::string& branch) const {
        const auto bytes = repository_.statements().find(branch);
        if (!bytes) {
            return std::nullopt;
        }
        const auto head = trust::decode_head_statement(trust::decode_signed_text(*bytes).text);
        if (head.repository != refs_.keys->newest().keys.repository) {
            return std::nullopt; // of keys that were here before
        }
        return trust::SeenHead{head.sequence, head.commit, head.time};
    }

    Peer& peer_;
    const store::Repository& repository_;
    const RefsQuestion& question_;
    Refs refs_;
};

} // namespace

Refs read_refs(Peer& peer, const store::Repository& repository, const RefsQuestion& question) {
    return RefsReader(peer, repository, question).run();
}

void check_refs(const store::Repository& repository, const Refs& refs) {
    store::CompletenessQuestion question{.known = store::known_commits(repository)};
    for (const auto& moves : refs.moves) {
        for (const auto& move : moves) {
            question.commits.push_back(move.commit);
        }
    }
    for (const auto& tag : refs.tags) {
        question.commits.push_back(tag.commit);
    }
    question.shallow = repository.shallow().commits();
    question.shallow.insert(refs.shallow.begin(), refs.shallow.end());
    check_complete(repository, std::move(question));
}

} // namespace slipway::sync
