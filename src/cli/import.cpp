#include <ctime>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/signing.h"
#include "formats/containers/container_image.h"
#include "formats/containers/container_import.h"
#include "formats/facts.h"
#include "formats/import_file.h"
#include "formats/scan.h"
#include "store/ingestion.h"
#include "tree/codec.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t highest_level = 19; // what zstd offers without its --ultra

formats::ScanOptions scan_options(const Invocation& invocation) {
    formats::ScanOptions options;
    options.exclude = invocation.all("exclude");
    if (invocation.flag("all-filesystems")) {
        options.filesystems = formats::ScanOptions::Filesystems::all;
    }
    if (invocation.flag("allow-changing")) {
        options.changing = formats::ScanOptions::Changing::allow;
    }
    if (invocation.flag("skip-unreadable")) {
        options.unreadable = formats::ScanOptions::Unreadable::skip;
    }
    return options;
}

/// What is at SOURCE: a directory, an archive, or an archive on standard input.
formats::ScanResult read_source(
    const Invocation& invocation, const store::Repository& repository, tree::Ingest& ingest
) {
    const auto& source = invocation.value("SOURCE");
    if (source != "-" && std::filesystem::is_directory(source)) {
        const formats::DirectoryFiles files(source);
        if (formats::is_container_layout(files)) {
            return formats::read_container_image(
                files, invocation.find("image"), ingest, *invocation.reporter
            );
        }
        formats::StatCache cache(repository.paths().cache() / "stat", source);
        auto result =
            formats::scan(source, scan_options(invocation), ingest, cache, *invocation.reporter);
        cache.save();
        return result;
    }
    const auto is_input = source == "-";
    const auto name = is_input ? "standard input" : source;
    const formats::ImportSource file{
        is_input ? FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0))
                 : open_file(source, O_RDONLY),
        name,
        repository.paths().root,
        invocation.find("image")};
    const During what([&] { return "reading " + printable(name); });
    return formats::import_file(file, ingest, *invocation.reporter);
}

struct Outcome {
    Digest commit;
    bool is_new = false;
    formats::ScanResult scan;
    store::IngestionTotals totals;
};

void print_outcome(const Invocation& invocation, const Outcome& outcome) {
    const auto& branch = invocation.value("BRANCH");
    const auto& [commit, is_new, scan, totals] = outcome;
    if (invocation.json) {
        print(fmt::format(
            R"({{"branch":{},"commit":"{}","new":{},"tree":"{}","entries":{},"files":{},"bytes":{},)"
            R"("files_read":{},"payload_bytes_new":{},"stored_bytes":{},"skipped":{}}})"
            "\n",
            json_string(branch),
            commit.hex(),
            is_new,
            scan.tree.hex(),
            scan.entries,
            scan.files,
            scan.bytes,
            scan.files_read,
            totals.payload_bytes_new,
            totals.stored_bytes,
            scan.skipped.size()
        ));
        return;
    }
    if (!is_new) {
        print(fmt::format("{} is at {} already: nothing has changed\n", branch, short_id(commit)));
        return;
    }
    print(fmt::format(
        "{} is at {}: {}, {}; {} of new payload, {} stored\n",
        branch,
        short_id(commit),
        counted(scan.entries, "entry", "entries"),
        human_bytes(scan.bytes),
        human_bytes(totals.payload_bytes_new),
        human_bytes(totals.stored_bytes)
    ));
}

/// The commit of `tree` on top of `parent`.
Digest add_commit(
    const Invocation& invocation,
    const store::Repository& repository,
    store::Ingestion& ingestion,
    const Digest& tree,
    const std::optional<Digest>& parent
) {
    tree::Commit commit;
    commit.tree = tree;
    if (parent) {
        commit.parents.push_back(*parent);
    }
    commit.author = invocation.find("author").value_or(this_user());
    commit.time = std::time(nullptr);
    commit.facts = formats::collect_facts(repository, tree);
    commit.message = *message_of(invocation);
    return ingestion.add_object(tree::Kind::commit, tree::encode(commit));
}

void move_branch(
    const Invocation& invocation,
    store::Repository& repository,
    const std::optional<Digest>& parent,
    const Digest& commit
) {
    const auto& branch = invocation.value("BRANCH");
    const store::MoveNote note{
        std::time(nullptr), this_user(), "import " + invocation.value("SOURCE")};
    if (repository.branches().move(branch, parent, commit, note) == store::MoveResult::moved) {
        return;
    }
    throw Error(
        Fault::refused,
        fmt::format("branch '{}' moved while this import ran; it stays where it is", branch)
    )
        .hint(fmt::format(
            "nothing is lost: what was imported is commit {}; run the same command again",
            commit.hex()
        ));
}

/// Nothing if the commit is lost: the system can be imported all the same.
std::optional<Digest> tree_of_parent(
    const Invocation& invocation, const store::Repository& repository, const Digest& parent
) {
    if (!repository.index().find(parent)) {
        invocation.reporter->notice(fmt::format(
            "commit {} is lost; the new one names it as its parent all the same", parent.hex()
        ));
        return std::nullopt;
    }
    return tree::load_commit(repository, parent).tree;
}

int run(const Invocation& invocation) {
    const auto& branch = invocation.value("BRANCH");
    store::check_branch_name(branch);
    message_of(invocation); // before everything is read
    const Interrupts interrupts;
    store::Repository repository(local_repository(invocation), store::Access::read_write);
    const auto before = repository.branches().find(branch);
    const auto parent = before ? std::optional(before->commit) : std::nullopt;

    store::IngestionOptions options;
    options.level = static_cast<int>(invocation.number("level", 1, highest_level));
    Outcome outcome;
    store::Ingestion ingestion(repository, options);
    outcome.scan = read_source(invocation, repository, ingestion);
    ingestion.flush();
    if (parent && tree_of_parent(invocation, repository, *parent) == outcome.scan.tree) {
        outcome.commit = *parent;
        outcome.totals = ingestion.finish();
    } else {
        outcome.is_new = true;
        outcome.commit = add_commit(invocation, repository, ingestion, outcome.scan.tree, parent);
        outcome.totals = ingestion.finish();
        sign_commits(invocation, repository, repository, {outcome.commit});
        move_branch(invocation, repository, parent, outcome.commit);
    }
    print_outcome(invocation, outcome);
    return 0;
}

} // namespace

Command import_command() {
    return {
        .name = "import",
        .summary = "make a commit of a system: a directory, an archive, an image",
        .description =
            "Reads a root filesystem and makes a commit of it, on top of what BRANCH is at. The "
            "branch is made if there is none. Nothing of ours need be in the system, and nothing "
            "in "
            "it is changed.\n\n"
            "A directory must be complete and at rest; run it as root, so that every file can be "
            "read. Mount points below it become empty directories. Symbolic links are kept, never "
            "followed. What has not changed since the last import is not read again.\n\n"
            "What else SOURCE may be is told by its content: a tar or cpio archive, compressed in "
            "any "
            "usual way; a squashfs, EROFS, ext2, ext3 or ext4 image; the ISO 9660 image of a live "
            "medium, in which the system's filesystem is found, and whose kernel is taken if the "
            "system has none; an OCI image layout, or what docker save writes. Images are read "
            "where "
            "they lie, without root.",
        .arguments =
            {{"SOURCE", "A directory, an archive, an image, or - for standard input."},
             {"BRANCH", "The branch to move."}},
        .options =
            {{.names = "-m,--message",
              .value = "TEXT",
              .help = "What this commit is.",
              .count = Count::one},
             {.names = "--author", .value = "TEXT", .help = "Else the user and the host name."},
             sign_option(),
             {.names = "--exclude",
              .value = "PATTERN",
              .help = "Leave out what matches this shell pattern, as in /var/cache/*; may be given "
                      "again.",
              .count = Count::many},
             {.names = "--image",
              .value = "NAME",
              .help =
                  "Which system, if SOURCE holds several: a tag or digest of a container image, "
                  "the path of a filesystem on a live medium."},
             {.names = "--all-filesystems", .help = "Also read what is mounted below SOURCE."},
             {.names = "--allow-changing",
              .help = "Take files that change while they are read as they are then."},
             {.names = "--skip-unreadable", .help = "Leave out what cannot be read, and say so."},
             {.names = "--level",
              .value = "N",
              .help = "zstd level, 1 to 19: higher is smaller and slower.",
              .fallback = "3"}},
        .examples =
            {"slipway import /srv/roots/debian debian -m 'Debian 12, lab software'",
             "slipway import debian-live-12-amd64.iso live -m 'Debian 12 live'",
             "docker save debian:12 | slipway import - debian -m 'Debian 12'",
             "tar -C / --one-file-system --xattrs --acls -c . | slipway import - live -m backup"},
        .run = run,
    };
}

} // namespace slipway::cli
