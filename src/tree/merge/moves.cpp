#include "tree/merge/moves.h"

namespace slipway::tree::merging {

const File* plain_file(const Entry* entry) {
    const auto* file = entry == nullptr ? nullptr : std::get_if<File>(&entry->node);
    return file != nullptr && file->size > 0 && !entry->link ? file : nullptr;
}

void Moves::look(DirectoryReader& reader, const ChangedSubtree& tree) {
    if (moves_.empty() || tree.before == tree.after) {
        return;
    }
    for_each_change(
        reader,
        tree,
        [&](const std::string& path, const Entry* before, const Entry* after) {
            take(path, before, after);
        }
    );
}

const Move* Moves::find(const std::string& path, const Digest& content) const {
    const auto at = moves_.find(content);
    const auto sure = at != moves_.end() && at->second.removed == 1 && at->second.added == 1 &&
                      at->second.from == path;
    return sure ? &at->second : nullptr;
}

void Moves::take(const std::string& path, const Entry* before, const Entry* after) {
    const auto* file = plain_file(before != nullptr ? before : after);
    if (file == nullptr || (before != nullptr && after != nullptr)) {
        return;
    }
    const auto at = moves_.find(file->content);
    if (at == moves_.end()) {
        return;
    }
    if (before != nullptr) {
        ++at->second.removed;
        at->second.from = path;
    } else {
        ++at->second.added;
        at->second.to = path;
        at->second.entry = *after;
    }
}

} // namespace slipway::tree::merging
