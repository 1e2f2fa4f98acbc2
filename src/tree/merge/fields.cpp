#include "tree/merge/fields.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::tree::merging {

namespace {

std::string octal(std::uint32_t mode) {
    return fmt::format("{:04o}", mode);
}

std::string decimal(std::uint32_t id) {
    return std::to_string(id);
}

bool time_before(const Time& a, const Time& b) {
    return a.seconds != b.seconds ? a.seconds < b.seconds : a.nanoseconds < b.nanoseconds;
}

const Xattr* find_xattr(const Attributes* attributes, const std::string& name) {
    if (attributes == nullptr) {
        return nullptr;
    }
    const auto& list = attributes->xattrs;
    const auto at = std::lower_bound(
        list.begin(),
        list.end(),
        name,
        [](const Xattr& xattr, const std::string& wanted) { return xattr.name < wanted; }
    );
    return at != list.end() && at->name == name ? &*at : nullptr;
}

/// The names of all attributes, in order, each once.
std::vector<std::string> xattr_names(const Triple<const Attributes*>& versions) {
    std::vector<std::string> names;
    for (const auto version : all_versions) {
        if (const auto* attributes = versions.of(version)) {
            for (const auto& xattr : attributes->xattrs) {
                names.push_back(xattr.name);
            }
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

std::optional<std::string> xattr_value(const Attributes* attributes, const std::string& name) {
    const auto* xattr = find_xattr(attributes, name);
    return xattr == nullptr ? std::nullopt : std::optional(xattr->value);
}

} // namespace

bool same_inode(const Entry& a, const Entry& b) {
    return a.node == b.node && a.attributes == b.attributes;
}

bool same_but_time(const Attributes& a, const Attributes& b) {
    return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid && a.xattrs == b.xattrs;
}

bool same_but_time(const Entry& a, const Entry& b) {
    return a.node == b.node && same_but_time(a.attributes, b.attributes);
}

bool same_but_time(DirectoryReader& reader, const Digest& before, const Digest& after) {
    if (before == after) {
        return true;
    }
    Cursor cursor(reader);
    const auto enter = [&](const std::string& name, const Triple<std::optional<Digest>>& both) {
        cursor.enter(name, both);
        const auto& directories = cursor.directories();
        return same_but_time(directories.base->attributes, directories.ours->attributes);
    };
    if (!enter({}, {before, after, std::nullopt})) {
        return false;
    }
    while (cursor.inside()) {
        const auto names = cursor.next();
        if (!names) {
            cursor.leave();
            continue;
        }
        const auto [old, now, none] = names->entries;
        const auto directories = directories_of(names->entries);
        if (old == nullptr || now == nullptr ||
            directories.base.has_value() != directories.ours.has_value()) {
            return false;
        }
        if (!directories.base) {
            if (!same_but_time(*old, *now)) {
                return false;
            }
        } else if (directories.base != directories.ours && !enter(*names->name, directories)) {
            return false;
        }
    }
    return true;
}

Attributes FieldMerger::attributes(const Triple<const Attributes*>& versions) {
    const auto number = [&](std::uint32_t Attributes::*field) {
        Triple<const std::uint32_t*> values;
        for (const auto version : all_versions) {
            const auto* from = versions.of(version);
            values.of(version) = from == nullptr ? nullptr : &(from->*field);
        }
        return values;
    };
    Attributes merged;
    merged.mode = pick(MergeField::mode, {}, number(&Attributes::mode), octal);
    merged.uid = pick(MergeField::uid, {}, number(&Attributes::uid), decimal);
    merged.gid = pick(MergeField::gid, {}, number(&Attributes::gid), decimal);
    merged.mtime = time(versions);
    merged.xattrs = xattrs(versions);
    return merged;
}

Time FieldMerger::time(const Triple<const Attributes*>& versions) const {
    const auto& ours = versions.ours->mtime;
    const auto& theirs = versions.theirs->mtime;
    if (versions.base != nullptr && theirs == versions.base->mtime) {
        return ours;
    }
    if (versions.base != nullptr && ours == versions.base->mtime) {
        return theirs;
    }
    return time_before(ours, theirs) ? theirs : ours;
}

std::vector<Xattr> FieldMerger::xattrs(const Triple<const Attributes*>& versions) {
    using Value = std::optional<std::string>;
    const auto print = [](const Value& value) { return value.value_or("no such attribute"); };
    std::vector<Xattr> merged;
    for (auto& name : xattr_names(versions)) {
        const Triple<Value> values{
            xattr_value(versions.base, name),
            xattr_value(versions.ours, name),
            xattr_value(versions.theirs, name)};
        const Triple<const Value*> places{
            versions.base == nullptr ? nullptr : &values.base, &values.ours, &values.theirs};
        if (const auto& value = pick(MergeField::xattr, name, places, print)) {
            merged.push_back({std::move(name), *value});
        }
    }
    return merged;
}

/// Which version of a field counts that both sides changed.
Version FieldMerger::decide(MergeConflict question, bool in_base) {
    if (prefer_ != Favour::none) {
        const auto side = prefer_ == Favour::ours ? Version::ours : Version::theirs;
        referee_.note(
            path_,
            fmt::format(
                "{} made it a file of its own and changed its {}; what {} changed stays with the "
                "other names",
                name_of(side),
                name_of(question.field),
                name_of(other_side(side))
            )
        );
        return side;
    }
    const auto choice = referee_.ask(std::move(question), removable_);
    if (choice == Choice::remove || (choice == Choice::base && !in_base)) {
        removed_ = true; // a base without this path has nothing there
        return Version::ours;
    }
    return version_of(choice.value_or(Choice::ours)).value_or(Version::ours);
}

} // namespace slipway::tree::merging
