#include "tree/merge/drivers/stanzas.h"

#include <algorithm>

namespace slipway::tree {

StanzaFile cut_stanzas(std::string_view text) {
    StanzaFile file;
    const auto last = text.find_last_not_of('\n');
    file.end = text.substr(last == text.npos ? 0 : last + 1);
    text.remove_suffix(file.end.size());
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of('\n'), text.size()));
        if (text.empty()) {
            return file;
        }
        const auto end = std::min(text.find("\n\n"), text.size());
        file.stanzas.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

std::string join_stanzas(const MergedParts& stanzas, const Three<StanzaFile>& files) {
    std::string text;
    for (const auto& stanza : stanzas) {
        text += text.empty() ? "" : "\n\n";
        text += stanza.text;
    }
    const auto& [base, ours, theirs] = files;
    const auto longer = ours.end.size() < theirs.end.size() ? Side::theirs : Side::ours;
    const auto end =
        pick(changed_side(base.end, ours.end, theirs.end).value_or(longer), ours.end, theirs.end);
    return text.empty() ? text : text + std::string(end);
}

} // namespace slipway::tree
