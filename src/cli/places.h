// Where commands read and write: the repository as named, and directories for scratch.
#pragma once

#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "store/repository.h"
#include "sync/view.h"

namespace slipway::cli {

/// The repository as a directory on this machine. Throws Fault::usage if it is a URL.
std::filesystem::path local_repository(const Invocation& invocation);

/// A view of the repository, and the directory for what it fetches, which goes with it unless the
/// user named one.
struct OpenView {
    std::unique_ptr<TemporaryDirectory> scratch; ///< null if nothing is fetched, or into a cache
    std::unique_ptr<sync::View> view;

    sync::View* operator->() const { return view.get(); }

    sync::View& operator*() const { return *view; }
};

OpenView open_view(const Invocation& invocation);

/// The same for a command that names what it finds, or makes commits of it: no collection takes
/// that away while the view lives. With --dry-run as open_view().
OpenView open_view_to_write(const Invocation& invocation);

/// A commit and its id.
struct NamedCommit {
    Digest id;
    tree::Commit commit;
    bool ends_history = false; ///< on purpose: its parents are not here, and not in `commit`
};

/// Throws as tree::load_commit().
NamedCommit load_named(sync::View& view, const Digest& id);

/// Resolves a revision, and has the view prepare its tree.
NamedCommit find_commit(sync::View& view, const std::string& revision);

/// As find_commit, without preparing the tree.
NamedCommit find_commit_only(sync::View& view, const std::string& revision);

/// The commit that the argument COMMIT names; without one, that of the only branch there is. Throws
/// Fault::usage if there are several branches, not_found if there is none.
NamedCommit find_commit_or_only_branch(const Invocation& invocation, sync::View& view);

} // namespace slipway::cli
