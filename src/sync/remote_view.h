// A repository behind URLs (docs/format/http.md).
#pragma once

#include <memory>

#include "sync/frame_fetcher.h"
#include "sync/mirrors.h"
#include "sync/view.h"

namespace slipway::sync {

struct RemoteOptions {
    MirrorOptions mirrors;
    FetcherOptions fetcher;
};

class RemoteView final : public View {
public:
    RemoteView(RemoteOptions options, Reporter& reporter);
    ~RemoteView() override;

    /// Directories, chunk lists and commits that were fetched; chunks of a prepared tree.
    std::unique_ptr<Blob> open(const Digest& id) const override;

    std::vector<store::Branch> branches() override;
    std::optional<store::Branch> find_branch(std::string_view name) override;
    std::vector<store::Tag> tags() override;
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
    void fetch_all(const Digest& tree, Reporter& reporter) override;

    /// As fetch_all(), of a prepared tree, what holds these chunks of it.
    void fetch_chunks(const Digest& tree, const std::vector<Digest>& chunks, Reporter& reporter);

    void become_patient() override;
    void stop() override;

    Mirrors::Totals totals() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How a view fetches.
struct ViewOptions {
    FetcherOptions fetcher = {};
    net::ClientOptions client = {};
};

/// Opens a directory, or one or more URLs separated by commas.
std::unique_ptr<View>
open_view(const std::string& location, const ViewOptions& options, Reporter& reporter);

/// The URLs that `location` names; empty if it is a path. Throws Fault::usage for a bad URL.
std::vector<net::Url> parse_locations(std::string_view location);

} // namespace slipway::sync
