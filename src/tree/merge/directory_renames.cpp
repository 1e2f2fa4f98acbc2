#include "tree/merge/directory_renames.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.h"
#include "tree/codec.h"
#include "tree/merge/fields.h"
#include "tree/merge/moves.h"
#include "tree/merge/tree_paths.h"
#include "tree/walk.h"

namespace slipway::tree::merging {

namespace {

using Root = std::optional<Digest>;

/// True if `now` has everything that `before` has, by the same names, and none of it is a hard
/// link.
bool holds_all(DirectoryReader& reader, const Digest& before, const Digest& now) {
    Cursor cursor(reader);
    cursor.enter({}, {before, now, std::nullopt});
    while (cursor.inside()) {
        const auto names = cursor.next();
        if (!names) {
            cursor.leave();
            continue;
        }
        const auto [old, there, none] = names->entries;
        if (old == nullptr) {
            continue;
        }
        const auto directories = directories_of(names->entries);
        if (directories.base && directories.ours) {
            cursor.enter(*names->name, directories);
        } else if (there == nullptr || old->link || there->link || old->node != there->node) {
            return false;
        }
    }
    return true;
}

bool has_links(DirectoryReader& reader, const Digest& directory) {
    bool found = false;
    for_each_change(
        reader,
        {{}, directory, std::nullopt},
        [&](const std::string&, const Entry* entry, const Entry*) { found = found || entry->link; }
    );
    return found;
}

/// Writes the directories above a path anew.
class Rewriter {
public:
    Rewriter(DirectoryReader& reader, RenameOutput output) : reader_(reader), output_(output) {}

    /// `tree` with `entry` at `path`, or with nothing there. Directories above that are missing
    /// are made like those of `like`.
    Digest
    put(const Digest& tree, const Digest& like, const std::string& path, std::optional<Entry> entry
    ) {
        const auto names = split(std::string_view(path).substr(1), '/');
        return put(tree, like, std::span(names), std::move(entry));
    }

private:
    using Path = std::span<const std::string_view>;

    // NOLINTNEXTLINE(misc-no-recursion): once for each part of the path.
    Digest put(const Root& tree, const Root& like, Path path, std::optional<Entry> entry) {
        auto directory =
            tree ? *reader_.read(*tree) : Directory{reader_.read(*like)->attributes, {}};
        const std::string name(path.front());
        auto& entries = directory.entries;
        const auto at = std::lower_bound(
            entries.begin(),
            entries.end(),
            name,
            [](const Entry& one, const std::string& wanted) { return one.name < wanted; }
        );
        const auto there = at != entries.end() && at->name == name;
        if (path.size() > 1) {
            const auto inner = there ? directory_of(&*at) : std::nullopt;
            const auto inner_like =
                like ? directory_of(entry_named(*reader_.read(*like), name)) : std::nullopt;
            const auto id = put(inner, inner_like, path.subspan(1), std::move(entry));
            entry = Entry{name, Subdirectory{id}, {}, {}};
        }
        if (there && entry) {
            *at = *std::move(entry);
        } else if (there) {
            entries.erase(at);
        } else if (entry) {
            entries.insert(at, *std::move(entry));
        }
        output_.staged.add(Kind::directory, encode(directory));
        return output_.sink.add(Kind::directory, encode(directory));
    }

    DirectoryReader& reader_;
    RenameOutput output_;
};

class DirectoryRenamer {
public:
    DirectoryRenamer(
        DirectoryReader& reader, RenameOutput output, Triple<Root>& roots, Referee& referee
    )
        : reader_(reader), rewriter_(reader, output), roots_(roots), referee_(referee) {}

    bool run(const std::vector<RemovedDirectory>& list) {
        std::vector<RemovedDirectory> changed;
        for (const auto& removed : list) {
            if (may_follow(removed)) {
                want_files(removed);
                changed.push_back(removed);
            }
        }
        for (const auto side : both_sides) {
            moves_.of(side).look(reader_, {{}, roots_.base, roots_.of(side)});
        }
        bool renamed = false;
        for (const auto& removed : changed) {
            if (const auto to = target_of(removed)) {
                rename(removed, *to);
                renamed = true;
            }
        }
        return renamed;
    }

private:
    Root directory_at(Version version, const std::string& path) {
        const auto entry = entry_at(reader_, roots_.of(version), path);
        return entry ? directory_of(&*entry) : std::nullopt;
    }

    /// The other side did something there, and nothing that is known by its path.
    bool may_follow(const RemovedDirectory& removed) {
        const auto before = directory_at(Version::base, removed.path);
        const auto now = directory_at(other_side(removed.remover), removed.path);
        return !same_but_time(reader_, *before, *now) && !has_links(reader_, *before) &&
               !has_links(reader_, *now);
    }

    template <typename Each>
    void for_each_file(const std::string& path, Each each) {
        for_each_change(
            reader_,
            {path, directory_at(Version::base, path), std::nullopt},
            [&](const std::string& name, const Entry* entry, const Entry*) {
                if (const auto* file = plain_file(entry)) {
                    each(name, file->content);
                }
            }
        );
    }

    void want_files(const RemovedDirectory& removed) {
        for_each_file(removed.path, [&](const std::string&, const Digest& content) {
            moves_.of(removed.remover).want(content);
        });
    }

    /// Where the directory is now. Renames before this one may have taken it along.
    std::optional<std::string> target_of(const RemovedDirectory& removed) {
        const auto before = directory_at(Version::base, removed.path);
        if (!before || !directory_at(other_side(removed.remover), removed.path)) {
            return std::nullopt;
        }
        const auto to = guess(removed);
        const auto there = to ? directory_at(removed.remover, *to) : std::nullopt;
        const auto sure = there && is_free(Version::base, *to) &&
                          is_free(other_side(removed.remover), *to) &&
                          holds_all(reader_, *before, *there);
        return sure ? to : std::nullopt;
    }

    /// As one of its files tells that is alone with what it holds.
    std::optional<std::string> guess(const RemovedDirectory& removed) {
        std::optional<std::string> to;
        for_each_file(removed.path, [&](const std::string& path, const Digest& content) {
            const auto* move = moves_.of(removed.remover).find(path, content);
            const auto inside = path.substr(removed.path.size());
            if (!to && move != nullptr && move->to.ends_with(inside)) {
                to = move->to.substr(0, move->to.size() - inside.size());
            }
        });
        return to && !to->empty() ? to : std::nullopt;
    }

    /// Nothing is there, and something can be: what is above is a directory or nothing.
    bool is_free(Version version, std::string path) {
        if (entry_at(reader_, roots_.of(version), path)) {
            return false;
        }
        while (true) {
            path.resize(path.rfind('/'));
            if (path.empty()) {
                return true;
            }
            if (const auto entry = entry_at(reader_, roots_.of(version), path)) {
                return directory_of(&*entry).has_value();
            }
        }
    }

    void rename(const RemovedDirectory& removed, const std::string& to) {
        const auto side = removed.remover;
        for (const auto version : {Version::base, other_side(side)}) {
            auto& root = roots_.of(version);
            auto entry = *entry_at(reader_, root, removed.path);
            entry.name = to.substr(to.rfind('/') + 1);
            const auto without = rewriter_.put(*root, *root, removed.path, std::nullopt);
            root = rewriter_.put(without, *roots_.of(side), to, std::move(entry));
        }
        ++referee_.statistics().renames_followed;
        referee_.note(
            to,
            fmt::format(
                "{} renamed the directory {}, and what {} did there follows",
                name_of(side),
                printable(removed.path),
                name_of(other_side(side))
            )
        );
    }

    DirectoryReader& reader_;
    Rewriter rewriter_;
    Triple<Root>& roots_;
    Referee& referee_;
    Triple<Moves> moves_;
};

} // namespace

bool rename_directories(
    DirectoryReader& reader,
    RenameOutput output,
    Triple<std::optional<Digest>>& roots,
    const Survey& survey,
    Referee& referee
) {
    return !survey.removed.empty() &&
           DirectoryRenamer(reader, output, roots, referee).run(survey.removed);
}

} // namespace slipway::tree::merging
