#include "tree/merge/build.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "tree/codec.h"

namespace slipway::tree::merging {

namespace {

bool is_leaf(const Entry* entry) {
    return entry != nullptr && !directory_of(entry);
}

const Entry* pointer(const std::optional<Entry>& entry) {
    return entry ? &*entry : nullptr;
}

Triple<const Entry*> pointers(const Triple<std::optional<Entry>>& entries) {
    return {pointer(entries.base), pointer(entries.ours), pointer(entries.theirs)};
}

bool anywhere(const Triple<const Entry*>& entries) {
    return entries != Triple<const Entry*>{};
}

} // namespace

Builder::Builder(const Surroundings& surroundings, Mode mode)
    : reader_(surroundings.reader), sink_(surroundings.sink), options_(surroundings.options),
      plan_(surroundings.plan), referee_(surroundings.referee), mode_(mode), cursor_(reader_),
      leaves_(reader_.contents(), sink_, options_, referee_) {}

Digest Builder::build(const Triple<std::optional<Digest>>& roots) {
    levels_.push_back({{}});
    cursor_.enter({}, roots);
    while (cursor_.inside()) {
        if (const auto names = cursor_.next()) {
            visit(*names);
        } else {
            close();
        }
    }
    return root_;
}

void Builder::visit(const Names& names) {
    Place place{*names.name, cursor_.path_of(*names.name), nullptr};
    place.planned = plan_.find(place.path);
    const auto& level = levels_.back();
    if (level.whole) {
        visit_whole(place, names.entries, *level.whole);
        return;
    }
    const auto entries =
        place.planned == nullptr ? names.entries : pointers(place.planned->versions);
    if (!anywhere(entries)) {
        return;
    }
    if (level.removed_by && names.entries.base == nullptr) {
        visit_added(place, entries, *level.removed_by);
    } else if (directories_of(entries) != Directories{}) {
        visit_directory(place, entries);
    } else {
        visit_leaf(place, entries);
    }
}

/// One side removed the directory, the other added this to it: as with packages that share a
/// directory, it stays for what is in it.
void Builder::visit_added(const Place& place, const Entries& entries, Version removed_by) {
    const auto added_by = other_side(removed_by);
    const auto choice = referee_.decided(place.path);
    if (choice && version_of(*choice) != added_by) {
        return;
    }
    referee_.note(
        place.path,
        fmt::format(
            "{} removed the directory, {} added this", name_of(removed_by), name_of(added_by)
        )
    );
    if (directories_of(entries) == Directories{}) {
        visit_leaf(place, entries);
    } else {
        descend(place, directories_of(entries));
    }
}

/// All beneath a directory that was decided for one version.
void Builder::visit_whole(const Place& place, const Entries& entries, Version version) {
    if (entries.of(version) != nullptr) {
        take(place, entries, version);
    }
}

/// At least one version has a directory.
void Builder::visit_directory(const Place& place, const Entries& entries) {
    const auto directories = directories_of(entries);
    const auto ours = is_leaf(entries.ours);
    const auto theirs = is_leaf(entries.theirs);
    if (ours && theirs) {
        visit_leaf(place, {nullptr, entries.ours, entries.theirs});
    } else if (ours || theirs) {
        visit_replaced(place, entries, ours ? Version::ours : Version::theirs);
    } else if (is_leaf(entries.base) && (!directories.ours || !directories.theirs)) {
        clash(place, entries); // one side removed what the other made a directory
    } else {
        descend(place, directories);
    }
}

/// `side` has something that is no directory; the base or the other side has one.
void Builder::visit_replaced(const Place& place, const Entries& entries, Version side) {
    const auto other = other_side(side);
    const auto directories = directories_of(entries);
    if (directories.base && directories.of(other) &&
        same_but_time(reader_, *directories.base, *directories.of(other))) {
        take(place, entries, side);
    } else if (is_leaf(entries.base) && same_but_time(*entries.of(side), *entries.base)) {
        Directories added;
        added.of(other) = directories.of(other);
        descend(place, added);
    } else {
        clash(place, entries);
    }
}

void Builder::visit_leaf(const Place& place, const Entries& entries) {
    const auto* planned = place.planned;
    referee_.set_group(planned == nullptr ? std::nullopt : planned->group);
    auto merged =
        leaves_.merge(place.path, entries, planned == nullptr ? Favour::none : planned->prefer);
    referee_.set_group(std::nullopt);
    if (merged) {
        append(place, std::move(*merged));
    }
}

/// A directory on one side, something else or nothing on the other.
void Builder::clash(const Place& place, const Entries& entries) {
    const auto both = entries.ours != nullptr && entries.theirs != nullptr;
    const auto field = both ? MergeField::kind : MergeField::presence;
    const auto choice = referee_.clash(place.path, field, {}, entries);
    const auto version = choice ? version_of(*choice) : std::nullopt;
    if (version && entries.of(*version) != nullptr) {
        take(place, entries, *version);
    }
}

void Builder::take(const Place& place, const Entries& entries, Version version) {
    const auto& entry = *entries.of(version);
    if (directory_of(&entry)) {
        descend_whole(place, directories_of(entries), version);
    } else {
        append(place, version == Version::theirs ? leaves_.mapped(entry, entries.base) : entry);
    }
}

/// No version has anything but directories there.
void Builder::descend(const Place& place, const Directories& directories) {
    const auto& [base, ours, theirs] = directories;
    if (!ours && !theirs) {
        return;
    }
    const auto touched = plan_.touches(place.path);
    if (!touched && theirs == base) {
        if (ours) {
            append_directory(place.name, *ours);
        }
        return;
    }
    if (!touched && options_.owners.empty() && (ours == base || ours == theirs)) {
        if (theirs) {
            append_directory(place.name, *theirs);
        }
        return;
    }
    Level level{place.name};
    if (base && !(ours && theirs)) {
        level.removed_by = ours ? Version::theirs : Version::ours;
    }
    cursor_.enter(place.name, directories);
    levels_.push_back(std::move(level));
}

void Builder::descend_whole(const Place& place, const Directories& directories, Version version) {
    const auto renumbered = version == Version::theirs && !options_.owners.empty();
    if (!renumbered && !plan_.touches(place.path)) {
        append_directory(place.name, *directories.of(version));
        return;
    }
    Level level{place.name};
    level.whole = version;
    Directories opened;
    opened.base = directories.base;
    opened.of(version) = directories.of(version);
    cursor_.enter(place.name, opened);
    levels_.push_back(std::move(level));
}

void Builder::append(const Place& place, Entry entry) {
    if (const auto* planned = place.planned) {
        entry.link = planned->link;
        if (planned->group) {
            survivors_.push_back({place.path, *planned->group, entry});
        }
    }
    entry.name = place.name;
    levels_.back().entries.push_back(std::move(entry));
}

void Builder::append_directory(const std::string& name, const Digest& directory) {
    levels_.back().entries.push_back({name, Subdirectory{directory}, {}, {}});
}

/// Adds what no version had, and the plan wants in the innermost directory.
void Builder::create_planned() {
    auto& level = levels_.back();
    const auto paths = level.whole ? std::vector<std::string>() : plan_.created_in(cursor_.path());
    if (paths.empty()) {
        return;
    }
    auto visited = std::exchange(level.entries, {});
    for (const auto& path : paths) {
        const auto* planned = plan_.find(path);
        const auto name = path.substr(path.rfind('/') + 1);
        visit_leaf({name, path, planned}, pointers(planned->versions));
    }
    const auto before = [](const Entry& a, const Entry& b) { return a.name < b.name; };
    auto created = std::exchange(level.entries, {});
    std::set_union( // what was there after all has been visited
        std::make_move_iterator(visited.begin()),
        std::make_move_iterator(visited.end()),
        std::make_move_iterator(created.begin()),
        std::make_move_iterator(created.end()),
        std::back_inserter(level.entries),
        before
    );
}

void Builder::close() {
    create_planned();
    auto level = std::move(levels_.back());
    levels_.pop_back();
    auto attributes = merged_attributes(level);
    cursor_.leave();
    if (!attributes) {
        return;
    }
    Digest id;
    if (mode_ == Mode::write && !referee_.conflicted()) {
        ++referee_.statistics().directories_written;
        const Directory directory{std::move(*attributes), std::move(level.entries)};
        id = sink_.add(Kind::directory, encode(directory));
    }
    if (levels_.empty()) {
        root_ = id;
    } else {
        append_directory(level.name, id);
    }
}

/// The attributes of the innermost directory; nothing if it is not in the result.
std::optional<Attributes> Builder::merged_attributes(const Level& level) {
    if (level.whole) {
        return attributes_of(*level.whole);
    }
    if (level.removed_by) {
        return kept_attributes(level, *level.removed_by);
    }
    const auto& directories = cursor_.directories();
    if (directories.ours == nullptr || directories.theirs == nullptr) {
        return attributes_of(directories.ours != nullptr ? Version::ours : Version::theirs);
    }
    if (emptied(level)) {
        referee_.note(cursor_.path(), "it goes: what one side left there the other removed");
        return std::nullopt;
    }
    const auto theirs = attributes_of(Version::theirs);
    const auto* base = directories.base == nullptr ? nullptr : &directories.base->attributes;
    const auto path = levels_.empty() ? "/" : cursor_.path();
    FieldMerger fields(referee_, path, Favour::none, Removable::no);
    return fields.attributes({base, &directories.ours->attributes, &theirs});
}

/// Both sides removed a part of what was in the innermost directory, and nothing is left. An empty
/// directory that a side wants is empty there.
bool Builder::emptied(const Level& level) const {
    const auto& directories = cursor_.directories();
    const auto filled = [&](Version version) {
        const auto& directory = directories.of(version);
        return directory != nullptr && !directory->entries.empty();
    };
    return !levels_.empty() && level.entries.empty() &&
           std::all_of(all_versions.begin(), all_versions.end(), filled);
}

/// One side removed the directory. It stays if something in it does.
std::optional<Attributes> Builder::kept_attributes(const Level& level, Version removed_by) {
    const auto side = other_side(removed_by);
    auto kept = attributes_of(side);
    const auto& base = cursor_.directories().base->attributes;
    if (!level.entries.empty()) {
        return kept;
    }
    if (same_but_time(kept, base)) {
        return std::nullopt;
    }
    Triple<const Entry*> entries;
    const Entry before{level.name, Subdirectory{}, base, {}};
    const Entry after{level.name, Subdirectory{}, kept, {}};
    entries.base = &before;
    entries.of(side) = &after;
    const auto what =
        fmt::format("{} removed it, {} changed its attributes", name_of(removed_by), name_of(side));
    const auto choice = referee_.clash(cursor_.path(), MergeField::presence, what, entries);
    const auto version = choice ? version_of(*choice) : std::nullopt;
    if (version == side) {
        return kept;
    }
    return version == Version::base ? std::optional(base) : std::nullopt;
}

/// The attributes of the innermost directory, with the owners of the result.
Attributes Builder::attributes_of(Version version) const {
    const auto& directories = cursor_.directories();
    auto attributes = directories.of(version)->attributes;
    if (version != Version::theirs || options_.owners.empty()) {
        return attributes;
    }
    const auto& base = directories.base;
    return options_.owners.mapped(
        std::move(attributes), base == nullptr ? nullptr : &base->attributes
    );
}

} // namespace slipway::tree::merging
