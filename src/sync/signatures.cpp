#include "sync/signatures.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/objects.h"
#include "trust/approval.h"

namespace slipway::sync {

namespace {

bool is_good(ConstBytes blob, ConstBytes commit) {
    try {
        trust::check_signature(trust::decode_signature(blob), commit, trust::commit_namespace);
        return true;
    } catch (const Error&) { // what is no signature is left where it is
        return false;
    }
}

/// Looks at what is offered for one commit after the other.
class Sieve {
public:
    explicit Sieve(const store::Repository& repository) : repository_(repository) {}

    void add(const Digest& commit, const std::vector<const Buffer*>& offered) {
        const auto location = repository_.index().find(commit);
        if (!location || location->kind != tree::Kind::commit ||
            !repository_.index().holds(commit)) {
            return;
        }
        auto known = repository_.signatures().of(commit);
        Buffer message;
        for (const auto* const blob : offered) {
            if (std::find(known.begin(), known.end(), *blob) != known.end()) {
                continue;
            }
            if (message.empty()) {
                message = read_all(*repository_.open(commit), tree::largest_commit);
            }
            if (known.size() < most_signatures_of_commit && is_good(*blob, message)) {
                known.push_back(*blob);
                kept_.push_back({commit, *blob});
            } else {
                ++left_out_;
            }
        }
    }

    void finish(Reporter& reporter) const {
        repository_.signatures().add_all(kept_);
        if (left_out_ > 0) {
            reporter.notice(fmt::format(
                "{} left out: not of the commit, or too many of one",
                counted(left_out_, "signature")
            ));
        }
    }

private:
    const store::Repository& repository_;
    std::vector<store::Signed> kept_;
    std::size_t left_out_ = 0;
};

} // namespace

void keep_signatures(
    const store::Repository& repository,
    const std::vector<SignedCommit>& offered,
    Reporter& reporter
) {
    std::map<Digest, std::vector<const Buffer*>> by_commit;
    for (const auto& [commit, signature] : offered) {
        by_commit[commit].push_back(&signature);
    }
    Sieve sieve(repository);
    for (const auto& [commit, signatures] : by_commit) {
        sieve.add(commit, signatures);
    }
    sieve.finish(reporter);
}

} // namespace slipway::sync
