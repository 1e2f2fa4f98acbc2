#include "formats/change.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

constexpr std::string_view branch_fact = "branch";

tree::Commit read_header(const Contents& contents, const tree::Entry& entry) {
    const During reading([] { return std::string("reading slipway-change"); });
    const auto* const file = std::get_if<tree::File>(&entry.node);
    if (file == nullptr || file->size > tree::largest_commit) {
        throw Error(Fault::corrupt, "it is no file of a commit's size");
    }
    auto header = tree::decode_commit(read_all(*tree::open_file(contents, *file), file->size));
    if (header.parents.size() != 1) {
        throw Error(
            Fault::corrupt, fmt::format("it names {}", counted(header.parents.size(), "parent"))
        );
    }
    return header;
}

} // namespace

std::optional<Change> find_change(const Contents& contents, const Digest& tree) {
    const auto root = tree::load_directory(contents, tree);
    const auto* const header = tree::entry_named(root, change_header);
    if (header == nullptr) {
        return std::nullopt;
    }
    Change change{read_header(contents, *header), {}, {}};
    const auto* const layer = tree::entry_named(root, change_layer);
    const auto* const directory =
        layer != nullptr ? std::get_if<tree::Subdirectory>(&layer->node) : nullptr;
    if (directory == nullptr || root.entries.size() != 2) {
        throw Error(
            Fault::corrupt,
            "a change has a file 'slipway-change', a directory 'layer', and nothing else"
        );
    }
    change.layer = directory->directory;
    auto& facts = change.header.facts;
    const auto branch = std::ranges::find(facts, branch_fact, &tree::Fact::name);
    if (branch != facts.end()) {
        change.branch = branch->value;
        facts.erase(branch);
    }
    return change;
}

} // namespace slipway::formats
