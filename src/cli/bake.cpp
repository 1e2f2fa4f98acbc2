#include <ctime>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/landing.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/regeneration.h"
#include "cli/signing.h"
#include "formats/change.h"
#include "formats/facts.h"
#include "formats/overlay.h"
#include "formats/scan.h"
#include "formats/tar.h"
#include "sandbox/contained_root.h"
#include "sandbox/kept_out.h"
#include "store/ingestion.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/staged_objects.h"
#include "tree/walk.h"

namespace slipway::cli {

namespace {

/// True for what `slipway mount --writable` leaves: the upper directory has a record beside it.
bool is_written_layer(const std::filesystem::path& directory) {
    return std::filesystem::is_directory(sandbox::upper_in(directory)) &&
           std::filesystem::exists(directory / formats::change_header);
}

/// A directory, an archive, or an archive on standard input, as a tree.
Digest read_source(const Invocation& invocation, tree::Ingest& ingest) {
    const auto& source = invocation.value("CHANGE");
    if (source != "-" && std::filesystem::is_directory(source)) {
        formats::StatCache no_cache;
        const auto directory =
            is_written_layer(source) ? sandbox::upper_in(source) : std::filesystem::path(source);
        return formats::scan(directory, {}, ingest, no_cache, *invocation.reporter).tree;
    }
    const auto file = source == "-" ? FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0))
                                    : open_file(source, O_RDONLY);
    DescriptorSource archive(file.get(), source == "-" ? "standard input" : source);
    return formats::read_tar(archive, ingest, *invocation.reporter).tree;
}

/// What lies at `tree`, with what the user says instead.
formats::Change change_in(const Invocation& invocation, sync::View& view, const Digest& tree) {
    const std::filesystem::path source = invocation.value("CHANGE");
    auto change = is_written_layer(source)
                      ? formats::read_change(read_file(source / formats::change_header), tree)
                      : formats::find_change(view, tree);
    if (!change) {
        const auto on = invocation.find("on");
        if (!on) {
            throw Error(
                Fault::usage, "there is no slipway-change in it: on which commit did it lie?"
            )
                .hint("say so with --on COMMIT");
        }
        const auto parent = find_commit_only(view, *on);
        change.emplace(formats::Change{{}, {}, tree});
        change->header.tree = parent.commit.tree;
        change->header.parents = {parent.id};
        change->header.author = this_user();
        change->header.time = std::time(nullptr);
    } else if (invocation.find("on")) {
        throw Error(
            Fault::usage, "the change says itself on which commit it lay: --on has no place"
        );
    }
    auto& header = change->header;
    header.author = invocation.find("author").value_or(header.author);
    header.message = invocation.find("message").value_or(header.message);
    return *std::move(change);
}

void check_parent(const store::Repository& repository, const tree::Commit& header) {
    const auto& parent = header.parents.front();
    if (!repository.index().find(parent)) {
        throw Error(
            Fault::not_found,
            fmt::format("the change was made on commit {}, which is not here", parent.hex())
        )
            .hint("`slipway pull` fetches it from where the machine booted");
    }
    if (tree::load_commit(repository, parent).tree != header.tree) {
        throw Error(
            Fault::corrupt,
            fmt::format("the change names another tree than that of commit {}", parent.hex())
        );
    }
}

/// Which paths of the layer become part of the commit: all but the files that are kept out.
class Taken {
public:
    Taken(const Contents& contents, const Digest& layer) {
        tree::walk(contents, layer, [&](const auto& path, const auto& /*id*/, const auto& /*at*/) {
            directories_.insert(path.empty() ? "/" : path);
        });
    }

    bool operator()(std::string_view path) const {
        const std::string text(path);
        return directories_.contains(text) || !sandbox::is_kept_out(text);
    }

private:
    std::set<std::string> directories_;
};

formats::Overlaid
apply(const Invocation& invocation, tree::StagedObjects& staged, const formats::Change& change) {
    formats::OverlayOptions options;
    if (!invocation.flag("keep-all")) {
        options.takes = Taken(staged, change.layer);
    }
    auto applied =
        formats::apply_overlay({staged, change.header.tree, change.layer}, staged, options);
    if (!applied.dropped.empty()) {
        invocation.reporter->notice(fmt::format(
            "left out: {} ({}{})",
            counted(applied.dropped.size(), "path"),
            printable(applied.dropped.front()),
            applied.dropped.size() > 1 ? ", ..." : ""
        ));
    }
    return applied;
}

tree::Commit
commit_of(const formats::Change& change, const Contents& contents, const Digest& tree) {
    auto commit = change.header;
    commit.tree = tree;
    commit.facts = formats::facts_with(contents, tree, change.header.facts);
    return commit;
}

std::string branch_for(const Invocation& invocation, const formats::Change& change) {
    const auto branch = invocation.find("branch");
    if (!branch && !change.branch) {
        throw Error(Fault::usage, "the change does not say for which branch it is")
            .hint("say so with --branch BRANCH");
    }
    return branch ? *branch : *change.branch;
}

int run(const Invocation& invocation) {
    const Interrupts interrupts;
    store::Repository repository(local_repository(invocation), store::Access::read_write);
    store::Ingestion ingestion(repository, {});
    const auto source = read_source(invocation, ingestion);
    ingestion.flush();
    const auto view = open_view(invocation);
    const auto change = change_in(invocation, *view, source);
    const auto branch = branch_for(invocation, change);
    store::check_branch_name(branch);
    check_parent(repository, change.header);

    tree::StagedObjects staged(repository);
    const auto applied = apply(invocation, staged, change);
    const auto& base = change.header.parents.front();
    if (applied.tree == change.header.tree) {
        throw Error(Fault::refused, "the layer changes nothing of the commit it lay on");
    }
    staged.put_into(ingestion);
    ingestion.flush();
    const auto commit = ingestion.add_object(
        tree::Kind::commit, tree::encode(commit_of(change, staged, applied.tree))
    );
    ingestion.finish();
    verify(invocation, repository, {branch, change.header.tree, applied.tree});
    sign_commits(invocation, repository, repository, {commit});
    land(invocation, repository, {branch, base, commit, "bake " + invocation.value("CHANGE")});
    return 0;
}

} // namespace

Command bake_command() {
    return {
        .name = "bake",
        .summary = "make a commit of what was written over one",
        .description =
            "Takes the upper directory of an overlay, or an archive of one, and makes a commit of "
            "it: "
            "what the merged mount showed. Files that were deleted, directories that were "
            "replaced, "
            "hard links, owners and attributes are as they were seen there.\n\n"
            "CHANGE may be what `slipway mount --writable DIR` wrote to: DIR knows its commit. "
            "A change that a machine packed says itself on which commit it lay, who made it, and "
            "for "
            "which branch it is. Of a layer alone that must be said with --on and --branch. The "
            "commit "
            "is made on the one the layer lay on, whatever has happened since. If the branch is "
            "elsewhere by now, the change is merged into it; if that conflicts, it is kept as a "
            "branch "
            "inbox/BRANCH/COMMIT. A change that is baked twice is one commit.\n\n"
            "Logs, caches and the machine's own files are left out as `slipway run` does.",
        .arguments =
            {{"CHANGE", "A directory, a tar archive, or - for an archive on standard input."}},
        .options =
            {{.names = "--on", .value = "COMMIT", .help = "The commit that a layer alone lay on."},
             {.names = "--branch",
              .value = "BRANCH",
              .help = "Where it goes; else where the change says."},
             {.names = "-m,--message", .value = "TEXT", .help = "Instead of the change's own."},
             {.names = "--author", .value = "TEXT", .help = "Instead of the change's own."},
             {.names = "--keep-all",
              .help = "Take logs, caches and the like into the commit as well."},
             {.names = "--verify",
              .help =
                  "Run the distribution's own checks in the result, and move the branch only if "
                  "they find nothing new."},
             sign_option(),
             dry_run_option()},
        .examples =
            {"slipway bake change.tar.zst",
             "slipway bake /mnt/layer/upper --on lab --branch lab -m 'as tried on the machine'"},
        .run = run,
    };
}

} // namespace slipway::cli
