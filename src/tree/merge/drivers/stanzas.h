// Files of stanzas, which are separated by empty lines: the package databases of dpkg, apt and apk.
#pragma once

#include "tree/merge/drivers/parts.h"

namespace slipway::tree {

struct StanzaFile {
    std::vector<std::string_view> stanzas; ///< each without its last newline
    std::string_view end;                  ///< the newlines behind the last stanza
};

/// Cuts a file at its empty lines. Any text can be cut.
StanzaFile cut_stanzas(std::string_view text);

/// Stanzas with one empty line between two. What stands behind the last is merged three-way.
std::string join_stanzas(const MergedParts& stanzas, const Three<StanzaFile>& files);

/// The databases of dpkg and apt (deb822): stanzas of fields, which are known by "Package", and by
/// "Architecture" too where a package is there more than once. A stanza that both sides changed is
/// merged by field, the words of "Status" each by itself. But the version and the state belong
/// together: if both sides changed them differently, the whole stanza is a conflict.
std::string merge_deb822(const TextVersions& versions, Judge& judge);

/// The database of apk: stanzas of lines "X:value", known by "P". A stanza is not merged within.
std::string merge_apk(const TextVersions& versions, Judge& judge);

} // namespace slipway::tree
