#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/signing.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::cli {

namespace {

constexpr std::size_t step = 1U << 20U;

/// What it is instead.
Error no_file(const std::string& path, const tree::Found& found) {
    const auto says = [&](std::string_view what) {
        return Error(Fault::usage, fmt::format("{} is a {}, no file", printable(path), what));
    };
    if (!found.entry || found.directory) {
        return says("directory").hint("`slipway ls` shows what is in it");
    }
    if (const auto* const link = std::get_if<tree::Symlink>(&found.entry->node)) {
        return says("symlink").hint(fmt::format("it leads to {}", printable(link->target)));
    }
    return says(type_name(found.entry->node)).hint("only files have content");
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto& revision = invocation.value("COMMIT");
    if (!invocation.find("PATH")) {
        const auto id = find_commit_only(*view, revision).id;
        write_all(STDOUT_FILENO, commit_bytes(*view, id), "standard output");
        return 0;
    }
    const auto commit = find_commit(*view, revision);
    const auto& path = invocation.value("PATH");
    const auto found = tree::find(*view, commit.commit.tree, path);
    const auto* const file = found.entry ? std::get_if<tree::File>(&found.entry->node) : nullptr;
    if (file == nullptr) {
        throw no_file(path, found);
    }
    const auto content = tree::open_file(*view, *file);
    BlobSource source(*content);
    Buffer block(std::min<std::uint64_t>(step, file->size));
    for (auto count = source.read(block); count != 0; count = source.read(block)) {
        write_all(STDOUT_FILENO, ConstBytes(block).first(count), "standard output");
    }
    return 0;
}

} // namespace

Command cat_command() {
    return {
        .name = "cat",
        .summary = "print a file of a commit, or the commit",
        .description = "Writes the bytes of a regular file to standard output. Without PATH the "
                       "bytes of the commit itself: what its signatures are of.",
        .arguments = {{"COMMIT", "Which commit."}, {"PATH", "The file.", Count::optional}},
        .options = {},
        .examples = {"slipway cat debian /etc/os-release", "slipway cat debian"},
        .run = run,
    };
}

} // namespace slipway::cli
