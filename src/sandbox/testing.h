// What the tests of sandboxes share: small trees, with real programs in them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/contained_root.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/memory_contents.h"
#include "tree/merge/staged_objects.h"
#include "tree/tree_reader.h"

namespace slipway::sandbox {

/// Files by path, all executable; a text "-> TARGET" is a symbolic link, and a path that ends with
/// a slash is an empty directory.
using Texts = std::map<std::string, std::string>;

/// Puts what lies below `prefix` ("/usr/"). The keys are sorted, so each directory is one run.
// NOLINTNEXTLINE(misc-no-recursion): the trees are small.
inline Digest
put_tree(tree::StagedObjects& objects, const Texts& files, const std::string& prefix = "/") {
    constexpr std::string_view link_mark = "-> ";
    const tree::Attributes attributes{0755, 0, 0, {1000, 0}, {}};
    std::map<std::string, tree::Entry> entries;
    for (const auto& [path, text] : files) {
        if (!path.starts_with(prefix) || path == prefix) {
            continue;
        }
        const auto end = path.find('/', prefix.size());
        const auto name = path.substr(prefix.size(), end - prefix.size());
        if (end != std::string::npos) {
            if (!entries.contains(name)) {
                entries[name] = {
                    name,
                    tree::Subdirectory{put_tree(objects, files, prefix + name + "/")},
                    {},
                    {}};
            }
        } else if (text.starts_with(link_mark)) {
            entries[name] = {name, tree::Symlink{text.substr(link_mark.size())}, attributes, {}};
        } else {
            entries[name] = {name, objects.add_file(to_buffer(as_bytes(text))), attributes, {}};
        }
    }
    tree::Directory directory{attributes, {}};
    for (auto& [name, entry] : entries) {
        directory.entries.push_back(entry);
    }
    return objects.add(tree::Kind::directory, tree::encode(directory));
}

/// The text of a file of a tree.
inline std::string text_of(const Contents& contents, const Digest& tree, const std::string& path) {
    const auto bytes = tree::TreeReader(contents, tree).read(path, 64U << 20U);
    return bytes ? std::string(as_text(*bytes)) : "(not there)";
}

inline std::string host_file(const std::string& path) {
    return std::string(as_text(read_file(path)));
}

/// Debian's static busybox as a shell with everything.
inline Texts with_busybox(Texts files) {
    files["/bin/busybox"] = host_file("/bin/busybox");
    for (const auto* name :
         {"sh", "cat", "echo", "grep", "id", "ls", "mkdir", "mknod", "rm", "sleep", "wc"}) {
        files.emplace(std::string("/bin/") + name, "-> busybox");
    }
    files.emplace("/etc/", "");
    return files;
}

/// Why trees cannot be run here; empty if they can.
inline std::string no_sandbox_because() {
    try {
        require_sandbox();
    } catch (const Error& error) {
        return error.what();
    }
    return std::filesystem::exists("/bin/busybox")
               ? ""
               : "there is no /bin/busybox (package busybox-static)";
}

#define SKIP_WITHOUT_SANDBOX()                                                                     \
    if (const auto reason = no_sandbox_because(); !reason.empty()) {                               \
        GTEST_SKIP() << reason;                                                                    \
    }

} // namespace slipway::sandbox
