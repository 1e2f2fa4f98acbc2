#include "cli/places.h"

#include <fmt/format.h>

#include "cli/connections.h"
#include "sync/remote_view.h"
#include "tree/content.h"

namespace slipway::cli {

std::filesystem::path local_repository(const Invocation& invocation) {
    if (!sync::parse_locations(invocation.repository).empty()) {
        throw Error(
            Fault::usage, fmt::format("{} cannot be written to: it is a URL", invocation.repository)
        )
            .hint("run the command on the server, with --repo DIRECTORY");
    }
    return invocation.repository;
}

OpenView open_view(const Invocation& invocation) {
    OpenView opened;
    sync::ViewOptions options{.fetcher = {}, .client = client_options(Purpose::reading)};
    options.fetcher.cache_directory = invocation.cache;
    if (invocation.cache.empty() && !sync::parse_locations(invocation.repository).empty()) {
        opened.scratch = std::make_unique<TemporaryDirectory>("/var/tmp");
        options.fetcher.cache_directory = opened.scratch->path();
    }
    opened.view = sync::open_view(invocation.repository, options, *invocation.reporter);
    return opened;
}

OpenView open_view_to_write(const Invocation& invocation) {
    if (invocation.flag("dry-run") || !sync::parse_locations(invocation.repository).empty()) {
        return open_view(invocation);
    }
    OpenView opened;
    opened.view =
        std::make_unique<sync::LocalView>(invocation.repository, sync::LocalView::Purpose::writing);
    return opened;
}

NamedCommit load_named(sync::View& view, const Digest& id) {
    NamedCommit named{id, tree::load_commit(view, id)};
    if (!named.commit.parents.empty() && view.history_ends().contains(id)) {
        named.commit.parents.clear();
        named.ends_history = true;
    }
    return named;
}

NamedCommit find_commit_only(sync::View& view, const std::string& revision) {
    return load_named(view, sync::resolve(view, revision));
}

NamedCommit find_commit_or_only_branch(const Invocation& invocation, sync::View& view) {
    if (const auto revision = invocation.find("COMMIT")) {
        return find_commit_only(view, *revision);
    }
    const auto branches = view.branches();
    if (branches.empty()) {
        throw Error(Fault::not_found, "there are no branches yet")
            .hint("`slipway import` makes the first");
    }
    if (branches.size() > 1) {
        throw Error(Fault::usage, fmt::format("which of the {} branches?", branches.size()))
            .hint("name a COMMIT; `slipway branches` lists the branches");
    }
    return find_commit_only(view, branches.front().name);
}

NamedCommit find_commit(sync::View& view, const std::string& revision) {
    auto found = find_commit_only(view, revision);
    view.prepare(found.commit.tree);
    return found;
}

} // namespace slipway::cli
