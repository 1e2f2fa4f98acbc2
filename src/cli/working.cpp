#include "cli/working.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/changes.h"
#include "cli/colour.h"
#include "cli/conflicts.h"
#include "cli/landing.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/package_changes.h"
#include "cli/places.h"
#include "cli/regeneration.h"
#include "cli/signing.h"
#include "cli/wire_size.h"
#include "formats/facts.h"
#include "formats/overlay.h"
#include "formats/scan.h"
#include "sandbox/attached.h"
#include "sandbox/contained_root.h"
#include "sandbox/kept_out.h"
#include "sandbox/layer_directory.h"
#include "sandbox/private_mounts.h"
#include "sandbox/usual_binds.h"
#include "store/ingestion.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/tree_reader.h"

namespace slipway::cli {

namespace {

namespace fs = std::filesystem;

/// What of this program's environment programs in a system may want.
constexpr std::array passed_on{
    "TERM", "COLORTERM", "http_proxy", "https_proxy", "ftp_proxy", "no_proxy"};

/// True if an overlay's upper directory may lie there.
bool can_hold_a_layer(const fs::path& directory) {
    struct statfs status {};

    return statfs(directory.c_str(), &status) == 0 && status.f_type != OVERLAYFS_SUPER_MAGIC &&
           status.f_type != NFS_SUPER_MAGIC;
}

sandbox::Bind parse_bind(const std::string& text, sandbox::Bind::Access access) {
    const auto colon = text.rfind(':');
    sandbox::Bind bind{text.substr(0, colon), "", access};
    bind.target = colon == std::string::npos ? text : text.substr(colon + 1);
    if (!bind.source.is_absolute() || !fs::path(bind.target).is_absolute()) {
        throw Error(Fault::usage, fmt::format("'{}' is not SOURCE:TARGET", printable(text)))
            .hint("both are absolute paths; TARGET may be left out if it is the same");
    }
    if (!fs::exists(bind.source)) {
        throw Error(
            Fault::not_found, fmt::format("there is no {}", printable(bind.source.native()))
        );
    }
    bind.target = fs::path(bind.target).lexically_normal();
    return bind;
}

/// Files that say who a machine is: whoever boots the commit will be able to say so too.
bool is_secret(const std::string& path) {
    return (path.starts_with("/etc/ssh/ssh_host_") && path.ends_with("_key")) ||
           path.starts_with("/etc/ssl/private/");
}

char ask(const std::string& question, std::string_view answers) {
    for (;;) {
        print(question + " ");
        flush_output();
        std::string answer;
        if (!std::getline(std::cin, answer)) {
            throw Error(Fault::refused, "given up; nothing has changed");
        }
        if (answer.size() == 1 && answers.find(answer[0]) != std::string_view::npos) {
            return answer[0];
        }
    }
}

} // namespace

std::vector<Option> working_options() {
    return {
        {.names = "-m,--message", .value = "TEXT", .help = "What this commit is."},
        {.names = "--author", .value = "TEXT", .help = "Else the user and the host name."},
        {.names = "--no-network",
         .help = "Programs reach no network. Else they have this machine's."},
        {.names = "--bind",
         .value = "SOURCE[:TARGET]",
         .help = "Show a file or directory of this machine in the system, read-only; may be given "
                 "again.",
         .count = Count::many},
        {.names = "--bind-writable",
         .value = "SOURCE[:TARGET]",
         .help = "The same, and programs may write to it.",
         .count = Count::many},
        {.names = "--keep-all", .help = "Take logs, caches and the like into the commit as well."},
        {.names = "-y,--yes", .help = "Do not ask before the branch moves."},
        {.names = "--verify",
         .help = "Run the distribution's own checks in the result, and move the branch only if "
                 "they find nothing new."},
        sign_option(),
        dry_run_option()};
}

std::string command_text(const std::vector<std::string>& words) {
    const auto file = fs::path(words.front()).filename().native();
    return words.size() == 1
               ? file
               : fmt::format("{} {}", file, fmt::join(words.begin() + 1, words.end(), " "));
}

Verdict run_all(
    const Invocation& invocation,
    const RunProgram& run,
    const std::vector<std::vector<std::string>>& commands,
    const Working& working
) {
    for (const auto& command : commands) {
        const auto status = run(command);
        if (status == 0) {
            continue;
        }
        const auto text = printable(command_text(command));
        if (!can_ask(invocation)) {
            throw Error(
                Fault::refused,
                fmt::format("`{}` failed with status {}; nothing has changed", text, status)
            )
                .hint("on a terminal there is a shell to look, before what it wrote is gone");
        }
        for (;;) {
            const auto answer = ask(
                fmt::format(
                    "`{}` failed with status {}: a (s)hell to look, (d)iscard all, or (c)ommit all "
                    "the same?",
                    text,
                    status
                ),
                "sdc"
            );
            if (answer != 's') {
                return answer == 'd' ? Verdict::discard : Verdict::commit;
            }
            run(shell_of(working.contents(), working.tree()));
        }
    }
    return Verdict::commit;
}

std::vector<std::string> shell_of(const Contents& contents, const Digest& tree) {
    tree::TreeReader reader(contents, tree);
    for (const auto* path : {"/bin/bash", "/bin/sh"}) {
        if (reader.look_up(path)) {
            return {path, "-l"};
        }
    }
    throw Error(Fault::unavailable, "the system has no shell");
}

/// What programs wrote.
struct Working::Change {
    Digest tree;
    std::vector<std::string> paths; ///< that are not as they were
    std::vector<tree::File> files;  ///< payload that the tree before does not have there
    std::vector<sandbox::LeftOut> left_out;
    std::unique_ptr<store::Repository> repository; ///< holds the tree
    std::unique_ptr<store::Ingestion> ingestion;
};

Working::Working(const Invocation& invocation, std::string branch, Publishing publishing)
    : invocation_(invocation), branch_(std::move(branch)), publishing_(publishing) {
    sandbox::require_sandbox();
    base_ = seen_at(invocation_, branch_);
    reading_ = std::make_unique<store::Repository>(
        local_repository(invocation_), store::Access::read_only
    );
    tree_ = tree::load_commit(*reading_, base_).tree;
}

sandbox::Surroundings Working::surroundings(const fs::path& place) const {
    using sandbox::Surroundings;
    Surroundings around;
    around.powers = Surroundings::Powers::system;
    around.host_name = "slipway";
    if (!invocation_.flag("no-network")) {
        around.network = Surroundings::Network::host;
        if (auto bind = sandbox::resolver_bind(*reading_, tree_)) {
            around.binds.push_back(std::move(*bind));
        }
    }
    if (auto bind = sandbox::no_services_bind(*reading_, tree_, place)) {
        around.binds.push_back(std::move(*bind));
    }
    for (const auto& text : invocation_.all("bind")) {
        around.binds.push_back(parse_bind(text, sandbox::Bind::Access::read_only));
    }
    for (const auto& text : invocation_.all("bind-writable")) {
        around.binds.push_back(parse_bind(text, sandbox::Bind::Access::read_write));
    }
    return around;
}

Verdict Working::run_in(
    const fs::path& place,
    const sandbox::Surroundings& surroundings,
    const std::function<Verdict(const RunProgram&)>& work
) const {
    sandbox::ContainedRoot root(*reading_, tree_, place, *invocation_.reporter, surroundings);
    root.set("debian_chroot", branch_); // Debian's shells show it in their prompt
    for (const auto* name : passed_on) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables here.
        if (const auto* const value = std::getenv(name)) {
            root.set(name, value);
        }
    }
    return work([&](const std::vector<std::string>& words) {
        flush_output();
        return root.run_attached(
            words, invocation_.json ? sandbox::Output::to_error : sandbox::Output::as_is
        );
    });
}

Working::Change Working::capture(const sandbox::Surroundings& surroundings) {
    Change change;
    const auto upper = sandbox::upper_in(surroundings.layer);
    static const std::vector<sandbox::KeptOut> none;
    const auto rules = invocation_.flag("keep-all") ? none : sandbox::kept_out();
    change.left_out = sandbox::leave_out(
        {upper, *reading_, tree_}, rules, sandbox::mount_points(surroundings.binds)
    );
    reading_.reset();
    change.repository = std::make_unique<store::Repository>(
        local_repository(invocation_), store::Access::read_write
    );
    auto& repository = *change.repository;
    change.ingestion = std::make_unique<store::Ingestion>(repository, store::IngestionOptions{});
    formats::StatCache no_cache;
    const auto layer =
        formats::scan(upper, {}, *change.ingestion, no_cache, *invocation_.reporter).tree;
    change.ingestion->flush();
    tree::StagedObjects staged(repository);
    auto applied = formats::apply_overlay({staged, tree_, layer}, staged);
    staged.put_into(*change.ingestion);
    change.ingestion->flush();
    change.tree = applied.tree;
    change.paths = std::move(applied.taken);
    change.files = std::move(applied.files);
    return change;
}

void Working::tell(const Change& change) const {
    auto& reporter = *invocation_.reporter;
    for (const auto& left : change.left_out) {
        reporter.notice(fmt::format(
            "left out: {}: {}, {} ({}{})",
            left.what,
            counted(left.files, "file"),
            human_bytes(left.bytes),
            printable(left.first),
            left.files > 1 ? ", ..." : ""
        ));
    }
    for (const auto& path : change.paths) {
        if (is_secret(path)) {
            reporter.notice(fmt::format(
                "{} is a secret of one machine, and every machine that boots this will have it",
                printable(path)
            ));
        }
    }
    if (invocation_.json) {
        return;
    }
    const Sides sides{tree_, change.tree};
    const auto packages = find_package_changes(*change.repository, sides, reporter);
    print(lines_of(packages, output_palette()));
    print(stat_of(find_changes(*change.repository, sides, {})));
    print(fmt::format(
        "machines that have the version before fetch up to {} of files\n",
        human_bytes(stored_bytes_of(*change.repository, change.files))
    ));
}

std::string Working::message(const std::string& ran) const {
    if (const auto given = invocation_.find("message")) {
        return *given;
    }
    if (!is_asked()) {
        return ran;
    }
    print(fmt::format("what this change is [{}]: ", printable(ran)));
    flush_output();
    std::string answer;
    std::getline(std::cin, answer);
    return answer.empty() ? ran : answer;
}

Digest Working::add_commit(const Change& change, const std::string& ran) const {
    tree::Commit commit;
    commit.tree = change.tree;
    commit.parents = {base_};
    commit.author = invocation_.find("author").value_or(this_user());
    commit.message = message(ran);
    commit.time = std::time(nullptr);
    commit.facts = formats::facts_with(*change.repository, change.tree, {{"ran", printable(ran)}});
    return change.ingestion->add_object(tree::Kind::commit, tree::encode(commit));
}

bool Working::is_asked() const {
    return publishing_ == Publishing::ask && !invocation_.flag("yes") && can_ask(invocation_);
}

void Working::publish(Change change, const std::string& ran) {
    if (is_asked() && ask(fmt::format("move {} to this, (y)es or (n)o?", branch_), "yn") == 'n') {
        print(fmt::format("{} stays at {}\n", branch_, short_id(base_)));
        return;
    }
    const auto commit = add_commit(change, ran);
    change.ingestion->finish();
    auto& repository = *change.repository;
    verify(invocation_, repository, {branch_, tree_, change.tree});
    sign_commits(invocation_, repository, repository, {commit});
    land(invocation_, repository, {branch_, base_, commit, "ran " + ran});
}

void Working::carry_out(
    const std::string& ran, const std::function<Verdict(const RunProgram&)>& work
) {
    const Interrupts interrupts;
    sandbox::with_private_mounts([&](const fs::path& place) { work_at(place, ran, work); });
}

void Working::work_at(
    const fs::path& place,
    const std::string& ran,
    const std::function<Verdict(const RunProgram&)>& work
) {
    auto around = surroundings(place);
    const auto cache = reading_->paths().cache();
    std::optional<sandbox::LayerDirectory> directory;
    if (can_hold_a_layer(cache)) {
        around.layer = directory.emplace(cache / "layers").path();
    } else {
        around.layer = place / "layer";
        invocation_.reporter->notice(
            "the repository's filesystem can hold no layer: it is kept in memory"
        );
    }
    if (run_in(place, around, work) == Verdict::discard) {
        print(fmt::format("{} stays at {}\n", branch_, short_id(base_)));
        return;
    }
    auto change = capture(around);
    if (change.tree == tree_) {
        tell_move(invocation_, {branch_, base_, base_, ran}, false);
        return;
    }
    tell(change);
    publish(std::move(change), ran);
}

} // namespace slipway::cli
