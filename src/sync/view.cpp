#include "sync/view.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "store/gc/whole.h"
#include "tree/content.h"

namespace slipway::sync {

namespace {

constexpr std::size_t shortest_prefix = 4;
constexpr std::size_t most_candidates = 5;

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::size_t parse_number(std::string_view text, std::string_view revision) {
    std::size_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) {
        throw Error(Fault::usage, fmt::format("'{}' cannot name a commit", printable(revision)))
            .hint("write a branch, an id, BRANCH~2 or BRANCH@{1}");
    }
    return number;
}

/// Where `branch` was `moves` moves ago.
Digest earlier(View& view, std::string_view branch, std::size_t moves) {
    const auto log = view.reflog(branch);
    if (log.empty()) {
        throw Error(Fault::not_found, fmt::format("there is no branch '{}'", printable(branch)))
            .hint("`slipway branches` lists them");
    }
    if (moves >= log.size()) {
        throw Error(
            Fault::not_found,
            fmt::format("branch '{}' has moved only {}", branch, counted(log.size(), "time"))
        );
    }
    return log[moves].commit;
}

Digest resolve_name(View& view, std::string_view name) {
    // A whole id names itself: a server that lists a branch of that name lies.
    const auto is_id = Digest::parse(name).has_value();
    if (const auto branch = is_id ? std::nullopt : view.find_branch(name)) {
        return branch->commit;
    }
    if (const auto tag = is_id ? std::nullopt : view.find_tag(name)) {
        return tag->commit;
    }
    if (!is_hex(name) || name.size() < shortest_prefix) {
        throw Error(
            Fault::not_found, fmt::format("there is no branch, tag or commit '{}'", printable(name))
        )
            .hint("`slipway branches` lists the branches, `slipway log BRANCH` the commits");
    }
    const auto found = view.commits_with_prefix(name);
    if (found.empty()) {
        throw Error(Fault::not_found, fmt::format("there is no branch, tag or commit '{}'", name))
            .hint("`slipway branches` lists the branches, `slipway log BRANCH` the commits");
    }
    if (found.size() > 1) {
        std::string candidates;
        for (const auto& id : found) {
            candidates += " " + id.hex();
        }
        throw Error(Fault::usage, fmt::format("'{}' is ambiguous:{}", name, candidates))
            .hint("write more digits");
    }
    return found.front();
}

Digest ancestor(View& view, Digest commit, std::size_t generations) {
    for (; generations > 0; --generations) {
        const auto parents = tree::load_commit(view, commit).parents;
        if (parents.empty()) {
            throw Error(Fault::not_found, fmt::format("commit {} has no parent", commit.hex()));
        }
        if (view.history_ends().contains(commit)) {
            throw Error(Fault::not_found, fmt::format("the history ends at {}", commit.hex()))
                .hint("`slipway pull REPO BRANCH --depth all` fetches what was before");
        }
        commit = parents.front();
    }
    return commit;
}

std::optional<store::WriterLock> take_writer_lock(const store::RepositoryPaths& paths) {
    store::check_repository(paths);
    return store::WriterLock(paths);
}

} // namespace

LocalView::LocalView(const std::filesystem::path& root, Purpose purpose)
    : writer_(purpose == Purpose::writing ? take_writer_lock({root}) : std::nullopt),
      repository_(root, store::Access::read_only) {}

void LocalView::prepare(const Digest& tree) {
    if (leases_.contains(tree)) {
        return;
    }
    if (auto lease = store::ReadLease::take(repository_, tree)) {
        leases_.emplace(tree, *std::move(lease));
    }
}

std::optional<store::Branch> LocalView::find_branch(std::string_view name) {
    return repository_.branches().find(name);
}

std::optional<store::Tag> LocalView::find_tag(std::string_view name) {
    return repository_.branches().find_tag(name);
}

std::vector<store::Move> LocalView::reflog(std::string_view name) {
    return repository_.branches().reflog(name);
}

std::vector<Buffer>
LocalView::signatures(const Digest& commit, const Accept<std::vector<Buffer>>& accept) {
    auto signatures = repository_.signatures().of(commit);
    if (!signatures.empty()) {
        accept(signatures);
    }
    return signatures;
}

std::string LocalView::key_chain(const Accept<std::string>& accept) {
    auto chain = repository_.key_sets().chain();
    if (!chain.empty()) {
        accept(chain);
    }
    return chain;
}

std::optional<std::string>
LocalView::head_statement(std::string_view branch, const Accept<std::string>& accept) {
    auto statement = repository_.statements().find(branch);
    if (statement) {
        accept(*statement);
    }
    return statement;
}

const std::unordered_set<Digest>& LocalView::history_ends() {
    return ends_ ? *ends_ : ends_.emplace(repository_.shallow().commits());
}

std::vector<Digest> LocalView::commits_with_prefix(std::string_view hex) {
    const auto& index = repository_.index();
    auto found = index.with_prefix(hex, tree::Kind::commit, most_candidates);
    const auto whole = Digest::parse(hex);
    const auto place = whole && found.empty() ? index.find(*whole) : std::nullopt;
    if (place && place->kind == tree::Kind::commit) {
        throw Error(Fault::not_found, fmt::format("commit {} is being collected", hex))
            .hint("no branch, tag or lease named it any more when the collection began");
    }
    if (writer_ && found.size() == 1) {
        store::check_whole(repository_, found.front());
    }
    return found;
}

Digest resolve(View& view, std::string_view revision) {
    const auto base_end = revision.find('~');
    const auto base = revision.substr(0, base_end);
    Digest commit;
    if (const auto at = base.find("@{"); at != std::string_view::npos && base.ends_with('}')) {
        const auto number = base.substr(at + 2, base.size() - at - 3);
        commit = earlier(view, base.substr(0, at), parse_number(number, revision));
    } else {
        commit = resolve_name(view, base);
    }
    if (base_end == std::string_view::npos) {
        return commit;
    }
    for (const auto step : split(revision.substr(base_end + 1), '~')) {
        commit = ancestor(view, commit, step.empty() ? 1 : parse_number(step, revision));
    }
    return commit;
}

} // namespace slipway::sync
