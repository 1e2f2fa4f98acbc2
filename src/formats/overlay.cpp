#include "formats/overlay.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/overlay_links.h"
#include "formats/overlay_marks.h"
#include "tree/codec.h"
#include "tree/content.h"
#include "tree/merge/conflict.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

bool is_directory(const tree::Entry& entry) {
    return std::holds_alternative<tree::Subdirectory>(entry.node);
}

/// True if any name in the directory or below it has other names.
bool has_links(const Contents& contents, const Digest& directory) {
    auto found = false;
    tree::walk(contents, directory, [&](const auto& /*path*/, const auto& /*id*/, const auto& at) {
        for (const auto& entry : at.entries) {
            found = found || entry.link.has_value();
        }
    });
    return found;
}

/// Goes over both trees, directory by directory, those of the upper one alone.
class Application {
public:
    Application(const Overlay& overlay, tree::MergeSink& sink, const OverlayOptions& options)
        : contents_(overlay.contents), lower_(overlay.lower), sink_(sink), options_(options) {
        open({"", overlay.lower, "", {}}, tree::load_directory(contents_, overlay.upper));
        while (!levels_.empty()) {
            step();
        }
        result_.tree = root_.value_or(overlay.lower);
        if (links_changed_) {
            result_.tree = with_canonical_links(contents_, sink_, result_.tree);
        }
        std::ranges::sort(result_.taken, tree::path_before);
        std::ranges::sort(result_.dropped, tree::path_before);
    }

    Overlaid take_result() { return std::move(result_); }

private:
    /// A directory of the upper tree, and what of the lower one merges with it.
    struct Level {
        std::string path;
        std::optional<tree::Directory> lower;
        std::string lower_path;                 // where that lies in the lower tree
        std::optional<tree::Attributes> before; // what the lower tree has at `path`, if a directory
        tree::Directory upper;
        std::size_t next_lower = 0;
        std::size_t next_upper = 0;
        bool opaque = false;  // itself, or a directory above it
        tree::Directory made; // so far
    };

    /// A directory that is to be entered.
    struct Merged {
        std::string path;
        std::optional<Digest> lower;
        std::string lower_path;
        std::optional<Digest> before; // if it is another than `lower`
        bool is_redirected = false;
    };

    bool takes(const std::string& path) const {
        return !options_.takes || options_.takes(path.empty() ? "/" : path);
    }

    void open(Merged merged, tree::Directory upper) {
        if (levels_.size() > tree::deepest_tree) {
            throw Error(Fault::corrupt, "the upper layer is too deep");
        }
        Level level;
        level.opaque = is_opaque(upper.attributes) ||
                       (!merged.is_redirected && !levels_.empty() && levels_.back().opaque);
        level.path = std::move(merged.path);
        level.lower_path = std::move(merged.lower_path);
        level.upper = std::move(upper);
        if (merged.lower) {
            level.lower = tree::load_directory(contents_, *merged.lower);
        }
        if (merged.before) {
            level.before = tree::load_directory(contents_, *merged.before).attributes;
        } else if (level.lower && !merged.is_redirected) {
            level.before = level.lower->attributes;
        }
        levels_.push_back(std::move(level));
    }

    /// The path in the lower tree that an entry of the level points at.
    static std::string
    redirected(const Level& level, const std::string& path, const std::string& redirect) {
        const auto is_absolute = redirect.starts_with('/');
        if (redirect.empty() || (!is_absolute && redirect.find('/') != std::string::npos)) {
            throw Error(
                Fault::corrupt,
                fmt::format("{} points at '{}'", printable(path), printable(redirect))
            );
        }
        return is_absolute ? redirect : level.lower_path + "/" + redirect;
    }

    /// The next name of the innermost directory, or its end.
    void step() {
        auto& level = levels_.back();
        static const std::vector<tree::Entry> nothing;
        const auto& lower = level.lower ? level.lower->entries : nothing;
        const auto& upper = level.upper.entries;
        const auto* below = level.next_lower < lower.size() ? &lower[level.next_lower] : nullptr;
        const auto* above = level.next_upper < upper.size() ? &upper[level.next_upper] : nullptr;
        if (below == nullptr && above == nullptr) {
            close();
            return;
        }
        if (below != nullptr && above != nullptr && below->name != above->name) {
            (below->name < above->name ? above : below) = nullptr;
        }
        level.next_lower += below != nullptr ? 1 : 0;
        level.next_upper += above != nullptr ? 1 : 0;
        visit(level, below, above);
    }

    void visit(Level& level, const tree::Entry* below, const tree::Entry* above) {
        const auto path = level.path + "/" + (above != nullptr ? above : below)->name;
        if (above == nullptr && !level.opaque) {
            level.made.entries.push_back(*below);
        } else if (above == nullptr || is_whiteout(*above)) {
            remove(level, path, below);
        } else if (is_directory(*above)) {
            enter(level, path, below, *above);
        } else {
            take_leaf(level, path, below, *above);
        }
    }

    void remove(Level& level, const std::string& path, const tree::Entry* below) {
        if (below == nullptr) {
            return;
        }
        if (!takes(path)) {
            result_.dropped.push_back(path);
            level.made.entries.push_back(*below);
            return;
        }
        result_.taken.push_back(path);
        forget(*below);
    }

    /// What the lower tree had here is not in the result.
    void forget(const tree::Entry& below) {
        if (!links_changed_) {
            const auto* const directory = std::get_if<tree::Subdirectory>(&below.node);
            links_changed_ =
                below.link || (directory != nullptr && has_links(contents_, directory->directory));
        }
    }

    void enter(
        Level& level, const std::string& path, const tree::Entry* below, const tree::Entry& above
    ) {
        auto upper =
            tree::load_directory(contents_, std::get<tree::Subdirectory>(above.node).directory);
        const auto* const lower =
            below != nullptr ? std::get_if<tree::Subdirectory>(&below->node) : nullptr;
        if (const auto* const redirect = redirect_of(upper.attributes)) {
            auto merged = moved_directory(level, path, *redirect);
            if (lower != nullptr) {
                merged.before = lower->directory;
            }
            if (below != nullptr) {
                forget(*below);
            }
            open(std::move(merged), std::move(upper));
            return;
        }
        Merged merged{path, {}, level.lower_path + "/" + above.name, {}};
        if (lower != nullptr) {
            merged.lower = lower->directory;
        } else if (below != nullptr && !takes(path)) {
            result_.dropped.push_back(path);
            level.made.entries.push_back(*below);
            return;
        } else if (below != nullptr) {
            forget(*below);
        }
        open(std::move(merged), std::move(upper));
    }

    /// What a directory of the upper tree merges with that was renamed: all that the lower tree has
    /// where it came from.
    Merged
    moved_directory(const Level& level, const std::string& path, const std::string& redirect) {
        Merged merged{path, {}, redirected(level, path, redirect), {}, true};
        const auto entry = lower_entry(merged.lower_path);
        const auto* const source = entry ? std::get_if<tree::Subdirectory>(&entry->node) : nullptr;
        if (source == nullptr) {
            throw Error(
                Fault::corrupt,
                fmt::format(
                    "{} was the directory {}, and the tree beneath has none",
                    printable(path),
                    printable(merged.lower_path)
                )
            );
        }
        merged.lower = source->directory;
        forget(*entry); // its names are others now
        return merged;
    }

    std::optional<tree::Entry> lower_entry(const std::string& path) const {
        auto found = tree::look_up(contents_, lower_, path);
        return found ? std::move(found->entry) : std::nullopt;
    }

    /// What a file holds of which only the attributes were changed.
    tree::Node
    lower_content(const Level& level, const std::string& path, const tree::Entry& above) const {
        const auto* const redirect = redirect_of(above.attributes);
        const auto source = redirect != nullptr ? redirected(level, path, *redirect)
                                                : level.lower_path + "/" + above.name;
        const auto entry = lower_entry(source);
        const auto* const file = entry ? std::get_if<tree::File>(&entry->node) : nullptr;
        const auto* const shape = std::get_if<tree::File>(&above.node);
        if (file == nullptr || shape == nullptr || file->size != shape->size) {
            throw Error(
                Fault::corrupt,
                fmt::format(
                    "the content of {} is that of {}, and the tree beneath has no such file",
                    printable(path),
                    printable(source)
                )
            );
        }
        return *file;
    }

    void take_leaf(
        Level& level, const std::string& path, const tree::Entry* below, const tree::Entry& above
    ) {
        auto entry = above;
        if (is_metacopy(above.attributes)) {
            entry.node = lower_content(level, path, above);
        }
        entry.attributes = without_marks(above.attributes);
        set_time(
            entry.attributes,
            below == nullptr || is_directory(*below) ? nullptr : &below->attributes
        );
        if (entry.link) {
            entry.link = upper_link(*entry.link);
            // All names of one inode have one time: that of the first.
            entry.attributes.mtime =
                link_times_.emplace(*entry.link, entry.attributes.mtime).first->second;
        }
        const auto same = below != nullptr && *below == entry;
        if (!same && !takes(path)) {
            result_.dropped.push_back(path);
            if (below != nullptr) {
                level.made.entries.push_back(*below);
            }
            return;
        }
        if (!same) {
            result_.taken.push_back(path);
            note_file(below, entry);
            links_changed_ = links_changed_ || entry.link;
            if (below != nullptr) {
                forget(*below);
            }
        }
        level.made.entries.push_back(std::move(entry));
    }

    void note_file(const tree::Entry* below, const tree::Entry& entry) {
        const auto* const file = std::get_if<tree::File>(&entry.node);
        if (file != nullptr && file->size != 0 && (below == nullptr || below->node != entry.node)) {
            result_.files.push_back(*file);
        }
    }

    /// `lower`: the attributes that the lower tree has there, if any.
    void set_time(tree::Attributes& attributes, const tree::Attributes* lower) const {
        if (options_.time_of_new) {
            attributes.mtime = lower != nullptr ? lower->mtime : *options_.time_of_new;
        }
    }

    /// The attributes of a finished directory; nothing if it is not to be there.
    std::optional<tree::Attributes> attributes_of(const Level& level) {
        const auto* const lower = level.before ? &*level.before : nullptr;
        auto attributes = without_marks(level.upper.attributes);
        set_time(attributes, lower);
        if (takes(level.path)) {
            if (lower == nullptr || *lower != attributes) {
                result_.taken.push_back(level.path.empty() ? "/" : level.path);
            }
            return attributes;
        }
        if (lower != nullptr) {
            return *lower;
        }
        if (level.made.entries.empty()) {
            result_.dropped.push_back(level.path);
            return std::nullopt;
        }
        return attributes;
    }

    void close() {
        auto level = std::move(levels_.back());
        levels_.pop_back();
        const auto attributes = attributes_of(level);
        if (!attributes) {
            return;
        }
        level.made.attributes = *attributes;
        const auto id = sink_.add(tree::Kind::directory, tree::encode(level.made));
        if (levels_.empty()) {
            root_ = id;
        } else {
            auto name = level.path.substr(level.path.rfind('/') + 1);
            levels_.back().made.entries.push_back(
                {std::move(name), tree::Subdirectory{id}, {}, std::nullopt}
            );
        }
    }

    const Contents& contents_;
    Digest lower_;
    tree::MergeSink& sink_;
    const OverlayOptions& options_;
    std::vector<Level> levels_;
    bool links_changed_ = false;
    std::map<tree::LinkId, tree::Time> link_times_; // of the upper tree's inodes
    std::optional<Digest> root_;
    Overlaid result_;
};

} // namespace

Overlaid
apply_overlay(const Overlay& overlay, tree::MergeSink& sink, const OverlayOptions& options) {
    return Application(overlay, sink, options).take_result();
}

} // namespace slipway::formats
