#include "sync/verifier.h"

#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/heads.h"
#include "trust/times.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t longest_seen_file = 16U << 20U;

/// The file of what was seen of one repository, held against other processes.
class SeenFile {
public:
    SeenFile(const std::filesystem::path& directory, const Digest& repository)
        : path_(directory / repository.hex()) {
        std::filesystem::create_directories(directory);
        lock_ = open_file(path_.native() + ".lock", O_RDWR | O_CREAT, 0600);
        while (flock(lock_.get(), LOCK_EX) != 0) {
            if (errno != EINTR) {
                throw_errno("cannot lock " + path_.native());
            }
        }
    }

    trust::Seen read() const {
        std::error_code absent;
        if (!std::filesystem::exists(path_, absent)) {
            return {};
        }
        const During what([&] { return "reading " + path_.native(); });
        return trust::decode_seen(as_text(read_file(path_, longest_seen_file)));
    }

    void write(const trust::Seen& seen) const { replace_file(path_, as_bytes(encode(seen))); }

private:
    std::filesystem::path path_;
    FileDescriptor lock_;
};

[[noreturn]] void no_statement(const std::string& branch) {
    throw Error(
        Fault::refused, fmt::format("the server has no head statement of branch '{}'", branch)
    )
        .hint("`slipway keys sign-heads` on the server makes it");
}

} // namespace

Verifier::Verifier(View& view, VerifierOptions options, Reporter& reporter)
    : view_(view), options_(std::move(options)), reporter_(reporter), chain_(options_.pinned) {
    const auto offered = view_.key_chain([&](const std::string& bytes) {
        chain_ = options_.pinned;
        chain_.follow(trust::KeyChain::decode(bytes));
        see(nullptr);
    });
    if (offered.empty()) {
        throw Error(Fault::refused, "the repository has no keys, but some are trusted for it")
            .hint("is it the right repository? Its server would show them at /v1/keys");
    }
}

/// Compares with what was seen, and remembers.
void Verifier::see(const trust::HeadStatement* head) {
    trust::Seen seen;
    std::optional<SeenFile> file;
    if (!options_.seen_directory.empty()) {
        file.emplace(options_.seen_directory, chain_.newest().keys.repository);
        seen = file->read();
    }
    const auto before = seen;
    trust::see_keys(seen, chain_);
    if (head != nullptr) {
        const auto known = seen.heads.find(head->branch);
        const auto* const last = known == seen.heads.end() ? nullptr : &known->second;
        const auto newest = std::max({head->time, seen.key_set_time, last ? last->time : 0});
        check_is_new(*head, last, now(newest));
        if (last == nullptr || head->sequence > last->sequence || head->time > last->time) {
            seen.heads[head->branch] = {head->sequence, head->commit, head->time};
        }
    }
    if (file && seen != before) {
        file->write(seen);
    }
}

/// The clock's time, or `at_least`, which is known to be past.
std::int64_t Verifier::now(std::int64_t at_least) {
    // A server's clock may be a little ahead.
    constexpr std::int64_t tolerance_seconds = 300;
    if (options_.clock + tolerance_seconds < at_least) {
        reporter_.notice(fmt::format(
            "this machine's clock says {}, but it is {} at least",
            trust::time_text(static_cast<std::uint64_t>(options_.clock)),
            trust::time_text(static_cast<std::uint64_t>(at_least))
        ));
    }
    return std::max(options_.clock, at_least);
}

std::optional<Digest> Verifier::head(const std::string& branch) {
    if (options_.heads == HeadSource::branch) {
        const auto found = view_.find_branch(branch);
        return found ? std::optional(found->commit) : std::nullopt;
    }
    std::optional<Digest> commit;
    view_.head_statement(branch, [&](const std::string& bytes) {
        const auto head = trust::check_head(chain_, branch, bytes);
        see(&head);
        commit = head.commit;
    });
    if (commit) {
        return commit;
    }
    const auto was_seen = [&] {
        return !options_.seen_directory.empty() &&
               SeenFile(options_.seen_directory, chain_.newest().keys.repository)
                   .read()
                   .heads.contains(branch);
    };
    if (view_.find_branch(branch) || was_seen()) {
        no_statement(branch);
    }
    return std::nullopt;
}

Digest Verifier::resolve(std::string_view revision) {
    const auto steps = revision.substr(std::min(revision.find('~'), revision.size()));
    const auto name = revision.substr(0, revision.size() - steps.size());
    const auto is_name = name.find("@{") == std::string_view::npos && !Digest::parse(name);
    const auto branch = is_name ? head(std::string(name)) : std::nullopt;
    if (branch) {
        check_commit(*branch, {std::string(name)});
        // Its ancestors hang from it: each commit names its parents.
        return sync::resolve(view_, branch->hex() + std::string(steps));
    }
    const auto commit = sync::resolve(view_, revision);
    check_commit(commit, {});
    return commit;
}

void Verifier::check_commit(const Digest& commit, const trust::CommitPlace& place) {
    const auto& keys = chain_.newest().keys;
    if (!trust::asks_for_signatures(keys, place)) {
        return;
    }
    const auto check = [&](const std::vector<Buffer>& signatures) {
        trust::check_approval(keys, place, store::signed_commit(view_, commit, signatures));
    };
    if (view_.signatures(commit, check).empty()) {
        check({});
    }
}

} // namespace slipway::sync
