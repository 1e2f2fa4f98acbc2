#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/commit_text.h"
#include "cli/graph.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/package_changes.h"
#include "cli/places.h"
#include "cli/signing.h"

namespace slipway::cli {

namespace {

using Names = std::unordered_map<Digest, std::vector<std::string>>;

/// "1fc7f076c9f0  2026-11-21T03:58:06Z  Debian 12  (main, tag v1)".
std::string one_line(const NamedCommit& named, const Names& names, const Palette& palette) {
    auto text = fmt::format(
        "{}  {}  {}",
        palette.paint(Colour::yellow, short_id(named.id)),
        utc_time(named.commit.time),
        legible(title_of(named.commit))
    );
    if (const auto found = names.find(named.id); found != names.end()) {
        std::string list;
        for (const auto& name : found->second) {
            list += (list.empty() ? "" : ", ") + printable(name);
        }
        text += "  " + palette.paint(Colour::green, "(" + list + ")");
    }
    return text + "\n";
}

/// Shows commits one after the other, as asked.
class Shower {
public:
    Shower(const Invocation& invocation, sync::View& view)
        : invocation_(invocation), view_(view), palette_(output_palette()),
          signers_(allowed_signers(invocation, view)) {
        if (invocation.flag("oneline") && !invocation.json) {
            names_ = names_of_commits(view);
        }
    }

    void show(const NamedCommit& named) {
        if (invocation_.json) {
            list_.push_back(json_of_commit(named));
        } else if (!invocation_.flag("graph")) {
            const auto separator = shown_ > 0 && !invocation_.flag("oneline") ? "\n" : "";
            print(separator + text_of_commit(named));
        } else {
            show_beside_graph(named);
        }
        shown_ += 1;
    }

    void end() const {
        if (invocation_.json) {
            print(json_text(list_));
        }
    }

private:
    nlohmann::json json_of_commit(const NamedCommit& named) {
        auto object = json_of(named);
        if (invocation_.flag("show-signature")) {
            object["signatures"] = json_of(signatures_of(named));
        }
        if (invocation_.flag("packages")) {
            object["packages"] = json_of(packages_of(named));
        }
        return object;
    }

    std::string text_of_commit(const NamedCommit& named) {
        auto text =
            invocation_.flag("oneline") ? one_line(named, names_, palette_) : text_of(named);
        if (invocation_.flag("show-signature")) {
            text += invocation_.flag("oneline") ? "" : "\n";
            const auto signatures = text_of(signatures_of(named));
            for (const auto line : split(std::string_view(signatures), '\n')) {
                text += line.empty() ? "" : fmt::format("    {}\n", line);
            }
        }
        if (invocation_.flag("packages")) {
            if (const auto summary = summary_of(packages_of(named)); !summary.empty()) {
                text += fmt::format("{}    {}\n", invocation_.flag("oneline") ? "" : "\n", summary);
            }
        }
        return text;
    }

    std::vector<Judgement> signatures_of(const NamedCommit& named) {
        return judge_signatures(view_, named, {signers_ ? &*signers_ : nullptr, std::nullopt, {}});
    }

    std::vector<formats::PackageChange> packages_of(const NamedCommit& named) {
        const auto sides = sides_of_commit(view_, named.commit);
        return find_package_changes(view_, sides, *invocation_.reporter);
    }

    void show_beside_graph(const NamedCommit& named) {
        const auto& parents = named.commit.parents;
        print(graph_.lines_before(named.id));
        auto prefix = graph_.mark(named.id);
        const auto text = text_of_commit(named);
        const auto lines = split(std::string_view(text).substr(0, text.size() - 1), '\n');
        for (const auto line : lines) {
            print(prefix + (line.empty() ? "" : " ") + std::string(line) + "\n");
            prefix = graph_.continuation(named.id, parents);
        }
        if (!invocation_.flag("oneline")) {
            print(prefix + "\n");
        }
        print(graph_.lines_after(named.id, parents));
    }

    const Invocation& invocation_;
    sync::View& view_;
    Palette palette_;
    std::optional<trust::AllowedSigners> signers_;
    Names names_;
    Graph graph_;
    nlohmann::json list_ = nlohmann::json::array();
    std::uint64_t shown_ = 0;
};

void show_graph(const Invocation& invocation, sync::View& view, const Digest& start) {
    if (invocation.find("path")) {
        throw Error(Fault::usage, "--graph and --path contradict each other")
            .hint("commits that are left out would tear the lines");
    }
    Shower shower(invocation, view);
    auto left = invocation.number("limit", 0, UINT64_MAX);
    for (const auto& named : children_first(view, start)) {
        shower.show(named);
        if (--left == 0) {
            break;
        }
    }
    shower.end();
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto start = find_commit_or_only_branch(invocation, *view).id;
    if (invocation.flag("graph")) {
        show_graph(invocation, *view, start);
        return 0;
    }
    const auto path = invocation.find("path");
    Shower shower(invocation, *view);
    History history(*view, start);
    auto left = invocation.number("limit", 0, UINT64_MAX);
    while (const auto named = history.next()) {
        if (path && !changes_path(*view, named->commit, *path)) {
            continue;
        }
        shower.show(*named);
        if (--left == 0) {
            break;
        }
    }
    shower.end();
    return 0;
}

} // namespace

Command log_command() {
    std::vector<Option> options = {
        {.names = "-n,--limit", .value = "N", .help = "Show at most N; 0: all.", .fallback = "0"},
        {.names = "--oneline",
         .help = "One line a commit: its id, time, title, and what is at it."},
        {.names = "--graph", .help = "Draw beside the commits which came from which."},
        {.names = "--packages",
         .help = "Sum up which packages each commit upgraded, added or removed."},
        {.names = "--path",
         .value = "PATH",
         .help = "Show only the commits that changed this path."},
        {.names = "--show-signature", .help = "Tell by whom each commit is signed."}};
    for (auto& option : signer_options()) {
        options.push_back(std::move(option));
    }
    return {
        .name = "log",
        .summary = "show a commit and its history",
        .description =
            "Shows the commit, then the commits it came from, newest first: their trees, "
            "authors, times, facts and messages.\n\n"
            "With --path only the commits that changed what is there, or below it: where it is "
            "another than in each of the parents.",
        .arguments =
            {{"COMMIT",
              "A branch, a tag, an id or a unique prefix of one, BRANCH~2, BRANCH@{1}; else the "
              "only "
              "branch there is.",
              Count::optional}},
        .options = std::move(options),
        .examples =
            {"slipway log debian",
             "slipway log -n 1 debian~2",
             "slipway log --oneline --graph debian",
             "slipway log --path /etc/passwd --packages debian"},
        .run = run,
    };
}

} // namespace slipway::cli
