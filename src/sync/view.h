// A repository as a reading command sees it, wherever it is: a directory or an http:// URL.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/reporter.h"
#include "base/stream.h"
#include "store/branches.h"
#include "store/repository.h"

namespace slipway::sync {

/// Objects, branches and history, to read. Any thread may read objects; one thread does the rest,
/// and prepare() while no other reads.
class View : public Contents {
public:
    virtual std::vector<store::Branch> branches() = 0;
    virtual std::optional<store::Branch> find_branch(std::string_view name) = 0;

    virtual std::vector<store::Tag> tags() = 0;
    virtual std::optional<store::Tag> find_tag(std::string_view name) = 0;

    /// Newest first; empty if there is no such branch.
    virtual std::vector<store::Move> reflog(std::string_view name) = 0;

    /// The commits at which the history ends on purpose: their parents are not there.
    virtual const std::unordered_set<Digest>& history_ends() = 0;

    /// Throws Fault::corrupt or refused for what is not to be believed. Where there are several
    /// servers the next one is asked then; if none has anything better, the error is thrown.
    template <typename Value>
    using Accept = std::function<void(const Value& value)>;

    /// The signatures under a commit: SSHSIG, without armour. None of them has been checked.
    virtual std::vector<Buffer>
    signatures(const Digest& commit, const Accept<std::vector<Buffer>>& accept) = 0;

    /// The repository's key sets with their signatures (docs/format/keys.md); empty if there are
    /// none, which is not put to `accept`. Nothing of it has been checked.
    virtual std::string key_chain(const Accept<std::string>& accept) = 0;

    /// What the server says of where a branch is; not checked either.
    virtual std::optional<std::string>
    head_statement(std::string_view branch, const Accept<std::string>& accept) = 0;

    /// The same as whoever answers first says it.
    std::vector<Buffer> signatures(const Digest& commit) {
        return signatures(commit, [](const auto& /*signatures*/) {});
    }

    std::string key_chain() {
        return key_chain([](const auto& /*chain*/) {});
    }

    std::optional<std::string> head_statement(std::string_view branch) {
        return head_statement(branch, [](const auto& /*statement*/) {});
    }

    /// At most a few: more than one means that the prefix is ambiguous.
    virtual std::vector<Digest> commits_with_prefix(std::string_view hex) = 0;

    /// Before the objects of a tree are read: a remote view fetches its closure and its places.
    virtual void prepare(const Digest& tree) = 0;

    /// All payload of a prepared tree will be read: a remote view fetches it now, in few requests,
    /// into its cache directory.
    virtual void fetch_all(const Digest& tree, Reporter& reporter) = 0;

    /// From now on a server that is away is waited for, however long: a filesystem hangs on it.
    virtual void become_patient() = 0;

    /// Makes reads that wait for a server fail soon.
    virtual void stop() = 0;
};

/// The view of a repository on this machine. The trees that are prepared are not collected while
/// it lives.
class LocalView final : public View {
public:
    /// Who names what it finds here, or makes commits of it, is a writer from the start.
    enum class Purpose { reading, writing };
    explicit LocalView(const std::filesystem::path& root, Purpose purpose = Purpose::reading);

    std::unique_ptr<Blob> open(const Digest& id) const override { return repository_.open(id); }

    std::vector<store::Branch> branches() override { return repository_.branches().list(); }

    std::optional<store::Branch> find_branch(std::string_view name) override;

    std::vector<store::Tag> tags() override { return repository_.branches().tags(); }

    std::optional<store::Tag> find_tag(std::string_view name) override;
    std::vector<store::Move> reflog(std::string_view name) override;
    const std::unordered_set<Digest>& history_ends() override;

    using View::head_statement;
    using View::key_chain;
    using View::signatures;
    std::vector<Buffer>
    signatures(const Digest& commit, const Accept<std::vector<Buffer>>& accept) override;
    std::string key_chain(const Accept<std::string>& accept) override;
    std::optional<std::string>
    head_statement(std::string_view branch, const Accept<std::string>& accept) override;

    std::vector<Digest> commits_with_prefix(std::string_view hex) override;

    void prepare(const Digest& tree) override;

    void fetch_all(const Digest& /*tree*/, Reporter& /*reporter*/) override {}

    void become_patient() override {}

    void stop() override {}

    const store::Repository& repository() const { return repository_; }

private:
    std::optional<store::WriterLock> writer_; // first: before anything is looked up
    store::Repository repository_;
    std::optional<std::unordered_set<Digest>> ends_;
    std::map<Digest, store::ReadLease> leases_; // of prepared trees
};

/// What a person writes to name a commit: a branch, a tag, an id or a unique prefix of one (at
/// least four digits), followed by any number of `~N` (the Nth first parent), or `BRANCH@{N}`
/// (where the branch was N moves ago).
///
/// Throws Fault::not_found for what does not exist, usage for an ambiguous prefix (naming the
/// candidates) or text that names nothing.
Digest resolve(View& view, std::string_view revision);

} // namespace slipway::sync
