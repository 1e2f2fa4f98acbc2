#include "sync/remote_view.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "net/target.h"
#include "sync/bundle.h"
#include "sync/key_resources.h"
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
constexpr std::size_t most_renewals = 5; ///< of places that name packs which are not there

/// Where a chunk lies: a frame by its number in the fetcher, and the slice of it.
struct Slice {
    std::uint32_t frame = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
};

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

std::vector<KnownDictionary> dictionaries_of(const Places& places) {
    std::vector<KnownDictionary> dictionaries;
    for (const auto& [id, place, length] : places.dictionaries) {
        dictionaries.push_back({place.frame, {place.offset, length, id}});
    }
    return dictionaries;
}

/// Matches the places, which name nothing, with the chunks of the tree.
std::vector<KnownFrame>
match(const Contents& objects, const Places& places, std::unordered_map<Digest, Slice>& chunks) {
    std::vector<KnownFrame> frames;
    for (const auto& placed : places.frames) {
        frames.push_back({places.packs[placed.pack], placed.place, {}});
    }
    for (const auto& dictionary : dictionaries_of(places)) {
        frames[dictionary.frame].parts.push_back(dictionary.part);
    }
    std::size_t next = 0;
    tree::for_each_chunk(objects, places.tree, [&](const tree::ChunkRef& chunk) {
        if (next >= places.chunks.size()) {
            throw Error(Fault::corrupt, "places name fewer chunks than the tree has");
        }
        const auto& place = places.chunks[next++];
        const auto length = static_cast<std::uint32_t>(chunk.length);
        if (place.offset + chunk.length > places.frames[place.frame].place.raw_length) {
            throw Error(
                Fault::corrupt, fmt::format("chunk {} lies outside its frame", chunk.id.hex())
            );
        }
        chunks.emplace(chunk.id, Slice{place.frame, place.offset, length});
        frames[place.frame].parts.push_back({place.offset, length, chunk.id});
    });
    if (next != places.chunks.size()) {
        throw Error(Fault::corrupt, "places name more chunks than the tree has");
    }
    for (const auto& frame : frames) {
        if (frame.parts.empty()) { // its bytes could not be verified
            throw Error(Fault::corrupt, "places name a frame that holds nothing of the tree");
        }
    }
    return frames;
}

/// Where the chunks of a tree lie, as the servers said it once.
struct Placed {
    std::unordered_map<Digest, Slice> chunks;
    std::unique_ptr<FrameFetcher> fetcher;
};

/// A tree whose chunks can be read. When the servers no longer have a pack, because they have
/// collected or repacked, they are asked again where everything lies. Any thread.
class PlacedTree {
public:
    using Find = std::function<std::shared_ptr<const Placed>()>;

    /// `find` asks the servers.
    PlacedTree(Mirrors& mirrors, Find find)
        : mirrors_(mirrors), find_(std::move(find)), now_(find_()) {}

    bool contains(const Digest& id) const { return now()->chunks.contains(id); }

    std::uint32_t length_of(const Digest& id) const { return now()->chunks.at(id).length; }

    void read(const Digest& id, std::uint64_t offset, Bytes buffer) {
        in_place([&](const Placed& placed) {
            const auto& slice = placed.chunks.at(id);
            const auto frame = placed.fetcher->get(slice.frame);
            if (!frame) {
                return false;
            }
            const auto bytes = ConstBytes(*frame).subspan(slice.offset + offset, buffer.size());
            std::copy(bytes.begin(), bytes.end(), buffer.begin());
            return true;
        });
    }

    void fetch_all(Reporter& reporter) {
        in_place([&](const Placed& placed) { return placed.fetcher->fetch_all(reporter); });
    }

    /// What holds these chunks, as far as they are of this tree.
    void fetch(const std::vector<Digest>& chunks, Reporter& reporter) {
        in_place([&](const Placed& placed) {
            std::set<std::uint32_t> frames;
            for (const auto& id : chunks) {
                const auto chunk = placed.chunks.find(id);
                if (chunk != placed.chunks.end()) {
                    frames.insert(chunk->second.frame);
                }
            }
            return placed.fetcher->fetch({frames.begin(), frames.end()}, reporter);
        });
    }

private:
    std::shared_ptr<const Placed> now() const { return *now_.lock(); }

    /// Calls `attempt` until it is true, each time with newer places.
    void in_place(const std::function<bool(const Placed&)>& attempt) {
        auto placed = now();
        for (std::size_t round = 0; !attempt(*placed); ++round) {
            if (round >= most_renewals && !mirrors_.is_patient()) {
                throw Error(
                    Fault::not_found, "the server says where chunks lie and has no such pack"
                )
                    .hint("run `slipway fsck` on the server");
            }
            if (round > 0) {
                mirrors_.pause(round);
            }
            placed = newer_than(placed);
        }
    }

    std::shared_ptr<const Placed> newer_than(const std::shared_ptr<const Placed>& placed) {
        const auto held = now_.lock();
        if (*held == placed) {
            *held = find_();
        }
        return *held;
    }

    Mirrors& mirrors_;
    Find find_;
    mutable Guarded<std::shared_ptr<const Placed>> now_;
};

/// One chunk of a remote tree; its frame is fetched when it is first read.
class RemoteChunk final : public Blob {
public:
    RemoteChunk(PlacedTree& tree, const Digest& id)
        : tree_(tree), id_(id), length_(tree.length_of(id)) {}

    std::uint64_t size() const override { return length_; }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        check_range(offset, buffer.size(), length_);
        tree_.read(id_, offset, buffer);
    }

private:
    PlacedTree& tree_;
    Digest id_;
    std::uint32_t length_;
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
        auto placed = std::make_shared<Placed>();
        std::vector<KnownFrame> frames;
        std::vector<KnownDictionary> dictionaries;
        need("/v1/places/" + tree.hex(), largest_places, [&](ConstBytes body) {
            placed->chunks.clear();
            const auto places = decode_places(body);
            if (places.tree != tree) {
                throw Error(Fault::corrupt, "these are the places of another tree");
            }
            frames = match(objects, places, placed->chunks);
            dictionaries = dictionaries_of(places);
        });
        placed->fetcher = std::make_unique<FrameFetcher>(
            mirrors, std::move(frames), std::move(dictionaries), fetcher_options
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
            return std::make_unique<RemoteChunk>(*placed, id);
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
