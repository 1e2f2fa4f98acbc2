#include "cli/merging.h"

#include <algorithm>
#include <ctime>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/conflicts.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/regeneration.h"
#include "cli/signing.h"
#include "formats/facts.h"
#include "store/ingestion.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/accounts.h"
#include "tree/merge/drivers/registry.h"
#include "tree/walk.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t largest_rule_file = 1U << 20U;

Buffer read_small_file(const std::filesystem::path& path) {
    const FileBlob file(path);
    if (file.size() > largest_rule_file) {
        throw Error(Fault::usage, fmt::format("{} is too long", printable(path.native())));
    }
    Buffer bytes(file.size());
    file.read_at(0, bytes);
    return bytes;
}

/// Those of the repository, then those slipway knows by itself.
tree::MergeRules rules_of(const Invocation& invocation) {
    const auto path = std::filesystem::path(invocation.repository) / "merge-rules";
    const auto& defaults = tree::MergeRules::defaults();
    return std::filesystem::exists(path)
               ? tree::MergeRules::parse(read_small_file(path)).before(defaults)
               : defaults;
}

tree::Resolutions resolutions_of(const Invocation& invocation) {
    tree::Resolutions resolutions;
    if (const auto file = invocation.find("resolve")) {
        resolutions = tree::Resolutions::parse(read_small_file(*file));
    }
    for (const auto& path : invocation.all("ours")) {
        resolutions.add(path, tree::Choice::ours);
    }
    for (const auto& path : invocation.all("theirs")) {
        resolutions.add(path, tree::Choice::theirs);
    }
    return resolutions;
}

/// The bytes of a file of a tree; none if there is no such file, or if it is huge.
Buffer file_in(const Contents& contents, const Digest& tree, std::string_view path) {
    const auto found = tree::look_up(contents, tree, path);
    const auto* const file =
        found && found->entry ? std::get_if<tree::File>(&found->entry->node) : nullptr;
    if (file == nullptr || file->size > tree::longest_driver_input) {
        return {};
    }
    Buffer bytes(file->size);
    tree::open_file(contents, *file)->read_at(0, bytes);
    return bytes;
}

/// The files that tell which number is whose.
struct Accounts {
    Buffer passwd, group, subuid, subgid;

    Accounts() = default;

    Accounts(const Contents& contents, const Digest& tree)
        : passwd(file_in(contents, tree, "/etc/passwd")),
          group(file_in(contents, tree, "/etc/group")),
          subuid(file_in(contents, tree, "/etc/subuid")),
          subgid(file_in(contents, tree, "/etc/subgid")) {}

    tree::AccountFiles files() const { return {passwd, group, subuid, subgid}; }
};

} // namespace

std::vector<Option> merge_options() {
    std::vector<Option> options{
        {.names = "--ours",
         .value = "PATH",
         .help = "Decide conflicts at PATH and below for the branch; may be given again.",
         .count = Count::many},
        {.names = "--theirs",
         .value = "PATH",
         .help = "Decide conflicts at PATH and below for the change; may be given again.",
         .count = Count::many},
        {.names = "--resolve",
         .value = "FILE",
         .help = "Decide conflicts as a file says: lines of PATH, a tab, and ours, theirs, base or "
                 "delete."},
        {.names = "--reassign-ids",
         .help =
             "Users and groups that the change adds with a number that is taken get a free one, "
             "and their files with them."},
        sign_option(),
        expect_option(),
        dry_run_option()};
    const auto more = sandbox_options();
    options.insert(options.end() - 2, more.begin(), more.end());
    return options;
}

Merging::Merging(const Invocation& invocation, sync::View& view, std::string branch)
    : invocation_(invocation), view_(view), branch_(std::move(branch)),
      began_(seen_at(invocation, branch_)), tip_(began_), rules_(rules_of(invocation)),
      resolutions_(resolutions_of(invocation)), staged_(view) {
    local_repository(invocation); // a URL cannot be written to
    check_sandbox_options(invocation);
}

tree::Commit Merging::load(const Digest& commit) const {
    return tree::load_commit(staged_, commit);
}

tree::OwnerMap
Merging::reassign_ids(const std::optional<Digest>& base, const Digest& ours, Digest& theirs) {
    const auto before = base ? Accounts(staged_, *base) : Accounts();
    const Accounts own(staged_, ours);
    const Accounts other(staged_, theirs);
    const auto plan = tree::reassign_ids({before.files(), own.files(), other.files()});
    for (const auto& clash : plan.clashes) {
        invocation_.reporter->notice(tree::describe(clash));
    }
    const auto rewrite = [&](std::string_view path, const Buffer& from, const Buffer& to) {
        if (from != to) {
            theirs = tree::with_file(staged_, staged_, theirs, path, to);
        }
    };
    rewrite("/etc/passwd", other.passwd, plan.passwd);
    rewrite("/etc/group", other.group, plan.group);
    rewrite("/etc/subuid", other.subuid, plan.subuid);
    rewrite("/etc/subgid", other.subgid, plan.subgid);
    return {plan.uids, plan.gids};
}

tree::MergeOptions Merging::options_for(const std::optional<Digest>& base, Digest& theirs) {
    tree::MergeOptions options{.rules = rules_, .drivers = tree::registry()};
    options.resolutions = resolutions_;
    if (invocation_.flag("reassign-ids")) {
        options.owners = reassign_ids(base, load(tip_).tree, theirs);
    }
    return options;
}

tree::CommonBase Merging::common_base(const Digest& theirs) {
    const tree::MergeOptions options{.rules = rules_, .drivers = tree::registry()};
    return tree::find_common_base(staged_, staged_, tip_, theirs, options);
}

tree::CommonBase Merging::merged(const std::vector<Digest>& commits) {
    const tree::MergeOptions options{.rules = rules_, .drivers = tree::registry()};
    return tree::merge_commits(staged_, staged_, commits, options);
}

Digest Merging::merge(const std::optional<Digest>& base, const Digest& theirs) {
    tree::MergeTrees trees{base, load(tip_).tree, theirs};
    auto options = options_for(base, trees.theirs);
    for (;;) {
        const auto result = tree::merge(staged_, staged_, trees, options);
        if (result.tree) {
            tell(result);
            return regenerate(invocation_, staged_, *result.tree, result.regenerations);
        }
        if (!can_ask(invocation_)) {
            show_conflicts(invocation_, result.conflicts);
            refuse_conflicts(branch_, result.conflicts);
        }
        ask_about(result.conflicts, resolutions_);
        options.resolutions = resolutions_;
    }
}

void Merging::tell(const tree::MergeResult& result) const {
    auto& reporter = *invocation_.reporter;
    for (const auto& note : result.notes) {
        reporter.notice(fmt::format("{}: {}", printable(note.path), printable(note.text)));
    }
}

void Merging::add(tree::Commit commit) {
    commit.time = std::time(nullptr);
    commit.facts = formats::facts_with(staged_, commit.tree, commit.facts);
    tip_ = staged_.add(tree::Kind::commit, tree::encode(commit));
    made_.push_back(tip_);
}

void Merging::finish(const std::string& reason) {
    verify(invocation_, staged_, {branch_, load(began_).tree, load(tip_).tree});
    if (tip_ != began_ && !invocation_.flag("dry-run")) {
        store::Repository repository(local_repository(invocation_), store::Access::read_write);
        store::Ingestion ingestion(repository, {});
        staged_.put_into(ingestion);
        ingestion.finish();
        sign_commits(invocation_, repository, staged_, made_);
    }
    carry_out(invocation_, {branch_, began_, tip_, reason});
}

Option mainline_option() {
    return {
        .names = "--mainline",
        .value = "N",
        .help = "For a commit with several parents: its change is that against the Nth."};
}

std::optional<Digest>
parent_of_change(const Invocation& invocation, const Digest& id, const tree::Commit& commit) {
    const auto count = commit.parents.size();
    if (count == 0) {
        return std::nullopt;
    }
    if (invocation.find("mainline")) {
        return commit.parents[invocation.number("mainline", 1, count) - 1];
    }
    if (count > 1) {
        throw Error(Fault::usage, fmt::format("{} has {} parents", short_id(id), count))
            .hint("say with --mainline 1 that its change is that against the first");
    }
    return commit.parents.front();
}

bool pick(const Invocation& invocation, Merging& merging, const Digest& commit) {
    const auto parent = parent_of_change(invocation, commit, merging.load(commit));
    const auto base = parent ? std::optional(merging.load(*parent).tree) : std::nullopt;
    return pick(invocation, merging, commit, base);
}

bool pick(
    const Invocation& invocation,
    Merging& merging,
    const Digest& commit,
    const std::optional<Digest>& base
) {
    const auto picked = merging.load(commit);
    const auto tree = merging.merge(base, picked.tree);
    if (tree == merging.load(merging.tip()).tree) {
        invocation.reporter->notice(
            fmt::format("{} changes nothing here: left out", short_id(commit))
        );
        return false;
    }
    merging.add(
        {.tree = tree,
         .parents = {merging.tip()},
         .author = picked.author,
         .facts = {{"cherry-picked-from", commit.hex()}},
         .message = picked.message}
    );
    return true;
}

} // namespace slipway::cli
