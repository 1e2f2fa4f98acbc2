#include "sync/remote_view.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "net/target.h"
#include "sync/bundle.h"
#include "sync/key_resources.h"
#include "sync/placed_tree.h"
#include "sync/records.h"
#include "tree/content.h"
#include "tree/walk.h"
#include "trust/sshsig.h"

namespace slipway::sync {

namespace {

constexpr std::uint64_t largest_list = 64ULL << 20U;
constexpr std::uint64_t largest_places = 64ULL << 20U;
constexpr std::uint64_t largest_bundle = 1ULL << 30U;
constexpr std::uint64_t largest_closure = 4ULL << 30U; ///< of a bundle's objects in memory
constexpr std::uint64_t largest_signatures = 4ULL << 20U;
constexpr std::size_t most_candidates = 5;

/// Objects by name, for building what the fetcher needs.
class Objects final : public Contents {
public:
    std::unique_ptr<Blob> open(const Digest& id) const override {
        const auto found = held_.find(id);
        return found == held_.end() ? nullptr : std::make_unique<MemoryBlob>(found->second);
    }

    void add(const Digest& id, Buffer bytes) {
        held_.try_emplace(id, std::make_shared<const Buffer>(std::move(bytes)));
    }

    bool contains(const Digest& id) const { return held_.contains(id); }

private:
    std::unordered_map<Digest, std::shared_ptr<const Buffer>> held_;
};

/// What every server has may be missing because there is another one at the URL.
Error missing(const std::string& path) {
    Error error(Fault::not_found, fmt::format("the server has no {}", path));
    return path != "/v1/branches"
               ? error
               : std::move(error).hint(
                     "is the URL's path right, and is it a slipway server or what "
                     "`slipway publish` wrote?"
                 );
}

} // namespace

struct RemoteView::State {
    State(RemoteOptions options, Reporter& reporter)
        : mirrors(std::move(options.mirrors), reporter),
          fetcher_options(std::move(options.fetcher)) {}

    Buffer need(
        const std::string& path,
        std::uint64_t limit,
        const std::function<void(ConstBytes)>& accept = {}
    ) {
        auto body = mirrors.fetch_bytes({.path = path}, limit, accept);
        if (!body) {
            throw missing(path);
        }
        return *std::move(body);
    }

    /// Fetches a bundle and keeps what is in it, which is right whatever becomes of the rest:
    /// objects are named by their bytes. `check` may refuse the bundle for what it lacks.
    void add_bundle(const std::string& path, const std::function<void()>& check = {}) {
        need(path, largest_bundle, [&](ConstBytes body) {
            MemorySource source(body);
            read_bundle(
                source,
                largest_closure,
                [&](tree::Kind kind, const Digest& id, Buffer object) {
                    if (kind == tree::Kind::commit) {
                        commits.insert(id);
                    }
                    objects.add(id, std::move(object));
                }
            );
            if (check) {
                check();
            }
        });
    }

    /// Throws Fault::not_found if an object that `tree` needs is not here.
    void check_closure(const Digest& tree) const {
        for (const auto& object : tree::closure(objects, tree)) {
            if (!objects.contains(object.id)) {
                throw Error(Fault::not_found, fmt::format("object {} is missing", object.id.hex()));
            }
        }
    }

    /// Asks where the chunks of a tree lie whose closure is here.
    std::shared_ptr<const Placed> find_places(const Digest& tree) {
        MatchedPlaces matched;
        need("/v1/places/" + tree.hex(), largest_places, [&](ConstBytes body) {
            const auto places = decode_places(body);
            if (places.tree != tree) {
                throw Error(Fault::corrupt, "these are the places of another tree");
            }
            matched = match_places(objects, places);
        });
        auto placed = std::make_shared<Placed>();
        placed->chunks = std::move(matched.chunks);
        placed->fetcher = std::make_unique<FrameFetcher>(
            mirrors, std::move(matched.frames), std::move(matched.dictionaries), fetcher_options
        );
        return placed;
    }

    /// The commit's bytes; nothing if the servers have no such commit.
    std::optional<Buffer> fetch_commit(const Digest& id) {
        return mirrors.fetch_bytes(
            {.path = "/v1/commits/" + id.hex()},
            tree::largest_commit,
            [&](ConstBytes bytes) { store::verify_object(id, bytes); }
        );
    }

    Mirrors mirrors;
    FetcherOptions fetcher_options;
    Objects objects;
    std::set<Digest> commits;
    std::set<Digest> complete; // trees whose closure is here
    bool history_known = false;
    std::optional<std::unordered_set<Digest>> ends;
    std::map<Digest, std::unique_ptr<PlacedTree>> trees;
};

RemoteView::RemoteView(RemoteOptions options, Reporter& reporter)
    : state_(std::make_unique<State>(std::move(options), reporter)) {}

RemoteView::~RemoteView() {
    stop(); // or a worker that waits for a server would be waited for
}

std::unique_ptr<Blob> RemoteView::open(const Digest& id) const {
    if (auto known = state_->objects.open(id)) {
        return known;
    }
    for (const auto& [tree, placed] : state_->trees) {
        if (placed->contains(id)) {
            return placed->open(id);
        }
    }
    auto body = state_->fetch_commit(id);
    return body ? std::make_unique<MemoryBlob>(*std::move(body)) : nullptr;
}

std::vector<store::Branch> RemoteView::branches() {
    std::vector<store::Branch> branches;
    state_->need("/v1/branches", largest_list, [&](ConstBytes body) {
        branches = decode_branches(as_text(body));
    });
    return branches;
}

std::optional<store::Branch> RemoteView::find_branch(std::string_view name) {
    for (auto& branch : branches()) {
        if (branch.name == name) {
            return std::move(branch);
        }
    }
    return std::nullopt;
}

std::vector<store::Tag> RemoteView::tags() {
    std::vector<store::Tag> tags;
    // A server of before there were tags has no such list.
    state_->mirrors.fetch_bytes({.path = "/v1/tags"}, largest_list, [&](ConstBytes body) {
        tags = decode_tags(as_text(body));
    });
    return tags;
}

std::optional<store::Tag> RemoteView::find_tag(std::string_view name) {
    for (auto& tag : tags()) {
        if (tag.name == name) {
            return std::move(tag);
        }
    }
    return std::nullopt;
}

std::vector<store::Move> RemoteView::reflog(std::string_view name) {
    std::vector<store::Move> moves;
    if (!find_branch(name)) {
        return moves;
    }
    state_->need(
        "/v1/reflogs/" + net::percent_encoded(one_component(name)),
        largest_list,
        [&](ConstBytes body) { moves = decode_moves(as_text(body)); }
    );
    return moves;
}

const std::unordered_set<Digest>& RemoteView::history_ends() {
    auto& ends = state_->ends;
    if (!ends) {
        ends.emplace();
        // A server of before histories could end has no such list.
        state_->mirrors.fetch_bytes({.path = "/v1/shallow"}, largest_list, [&](ConstBytes body) {
            const auto commits = decode_commits(as_text(body));
            ends->insert(commits.begin(), commits.end());
        });
    }
    return *ends;
}

std::vector<Buffer>
RemoteView::signatures(const Digest& commit, const Accept<std::vector<Buffer>>& accept) {
    std::vector<Buffer> signatures;
    state_->mirrors.fetch_bytes(
        {.path = "/v1/signatures/" + commit.hex()},
        largest_signatures,
        [&](ConstBytes body) {
            signatures = trust::unarmour_all(as_text(body));
            accept(signatures);
        }
    );
    return signatures;
}

std::string RemoteView::key_chain(const Accept<std::string>& accept) {
    return fetch_key_chain(state_->mirrors, accept).value_or("");
}

std::optional<std::string>
RemoteView::head_statement(std::string_view branch, const Accept<std::string>& accept) {
    return fetch_head_statement(state_->mirrors, branch, accept);
}

std::vector<Digest> RemoteView::commits_with_prefix(std::string_view hex) {
    if (const auto whole = Digest::parse(hex)) {
        return state_->fetch_commit(*whole) ? std::vector{*whole} : std::vector<Digest>();
    }
    if (!state_->history_known) {
        state_->add_bundle("/v1/history");
        state_->history_known = true;
    }
    std::vector<Digest> found;
    for (const auto& id : state_->commits) {
        if (found.size() < most_candidates && id.hex().starts_with(hex)) {
            found.push_back(id);
        }
    }
    return found;
}

void RemoteView::prepare(const Digest& tree) {
    auto& state = *state_;
    if (state.trees.contains(tree)) {
        return;
    }
    if (!state.complete.contains(tree)) {
        state.add_bundle("/v1/trees/" + tree.hex(), [&] { state.check_closure(tree); });
        state.complete.insert(tree);
    }
    state.trees.emplace(tree, std::make_unique<PlacedTree>(state.mirrors, [&state, tree] {
                            return state.find_places(tree);
                        }));
}

void RemoteView::fetch_all(const Digest& tree, Reporter& reporter) {
    prepare(tree);
    state_->trees.at(tree)->fetch_all(reporter);
}

void RemoteView::fetch_chunks(
    const Digest& tree, const std::vector<Digest>& chunks, Reporter& reporter
) {
    state_->trees.at(tree)->fetch(chunks, reporter);
}

Mirrors::Totals RemoteView::totals() const {
    return state_->mirrors.totals();
}

void RemoteView::become_patient() {
    state_->mirrors.become_patient();
}

void RemoteView::stop() {
    state_->mirrors.stop();
}

std::vector<net::Url> parse_locations(std::string_view location) {
    std::vector<net::Url> urls;
    if (location.find("://") == std::string_view::npos) {
        return urls;
    }
    for (const auto part : split(location, ',')) {
        const auto url = net::Url::parse(part);
        if (!url) {
            throw Error(
                Fault::usage, fmt::format("'{}' is not an http:// or ssh:// URL", printable(part))
            );
        }
        urls.push_back(*url);
    }
    return urls;
}

std::unique_ptr<View>
open_view(const std::string& location, const ViewOptions& options, Reporter& reporter) {
    auto urls = parse_locations(location);
    if (urls.empty()) {
        return std::make_unique<LocalView>(location);
    }
    RemoteOptions remote;
    remote.fetcher = options.fetcher;
    if (urls.front().scheme == net::Scheme::ssh) {
        remote.fetcher.connections = 1; // each would have to be let in
    }
    remote.mirrors.servers = std::move(urls);
    remote.mirrors.client = options.client;
    return std::make_unique<RemoteView>(std::move(remote), reporter);
}

} // namespace slipway::sync
