#include "tree/merge/leaf.h"

#include <fmt/format.h>

namespace slipway::tree::merging {

namespace {

bool same_kind(const Node& a, const Node& b) {
    const auto* device = std::get_if<Device>(&a);
    const auto* other = std::get_if<Device>(&b);
    return a.index() == b.index() &&
           (device == nullptr || other == nullptr || device->kind == other->kind);
}

/// The versions as one kind of node. A base of another kind is none.
template <typename Kind>
Triple<const Kind*> as(const Triple<const Node*>& versions) {
    Triple<const Kind*> nodes;
    for (const auto version : all_versions) {
        const auto* node = versions.of(version);
        nodes.of(version) = node == nullptr ? nullptr : std::get_if<Kind>(node);
    }
    return nodes;
}

std::string print_target(const Symlink& symlink) {
    return symlink.target;
}

std::string print_numbers(const Device& device) {
    return fmt::format("{}:{}", device.major, device.minor);
}

/// One side changed the link id of this path at most: that is seen to by the plan of hard links.
std::optional<LinkId> merged_link(const Triple<const Entry*>& versions) {
    const auto& ours = versions.ours->link;
    const auto ours_kept = versions.base != nullptr && ours == versions.base->link;
    return ours_kept ? versions.theirs->link : ours;
}

} // namespace

Entry LeafMerger::mapped(const Entry& theirs, const Entry* base) const {
    auto entry = theirs;
    const auto directory = std::holds_alternative<Subdirectory>(theirs.node);
    if (!options_.owners.empty() && !directory) {
        const auto* attributes = base == nullptr || std::holds_alternative<Subdirectory>(base->node)
                                     ? nullptr
                                     : &base->attributes;
        entry.attributes = options_.owners.mapped(std::move(entry.attributes), attributes);
    }
    return entry;
}

std::optional<Entry>
LeafMerger::merge(const std::string& path, const Triple<const Entry*>& versions, Favour prefer) {
    if (options_.owners.empty() || versions.theirs == nullptr) {
        return merge_mapped(path, versions, prefer);
    }
    const auto theirs = mapped(*versions.theirs, versions.base);
    return merge_mapped(path, {versions.base, versions.ours, &theirs}, prefer);
}

std::optional<Entry> LeafMerger::merge_mapped(
    const std::string& path, const Triple<const Entry*>& versions, Favour prefer
) {
    const auto [base, ours, theirs] = versions;
    if (ours == nullptr && theirs == nullptr) {
        return std::nullopt;
    }
    if (ours == nullptr || theirs == nullptr) {
        return merge_presence(path, versions, ours != nullptr ? Version::ours : Version::theirs);
    }
    if (*ours == *theirs || (base != nullptr && *theirs == *base)) {
        return *ours;
    }
    if (base != nullptr && *ours == *base) {
        return *theirs;
    }
    if (!same_kind(ours->node, theirs->node)) {
        return merge_kinds(path, versions);
    }
    return merge_fields(path, versions, prefer);
}

/// Only one side has the path.
std::optional<Entry> LeafMerger::merge_presence(
    const std::string& path, const Triple<const Entry*>& versions, Version present
) {
    const auto& entry = *versions.of(present);
    if (versions.base == nullptr) {
        return entry;
    }
    if (same_but_time(entry, *versions.base)) {
        return std::nullopt;
    }
    if (std::holds_alternative<File>(entry.node) &&
        std::holds_alternative<File>(versions.base->node)) {
        const auto node = [](const Entry* from) { return from == nullptr ? nullptr : &from->node; };
        const Triple<const Node*> nodes{
            node(versions.base), node(versions.ours), node(versions.theirs)};
        if (const auto merged = content_.merge_absent(path, as<File>(nodes))) {
            auto kept = entry;
            kept.node = merged->file;
            return merged->removed ? std::nullopt : std::optional(std::move(kept));
        }
    }
    const auto what =
        fmt::format("{} removed it, {} changed it", name_of(other_side(present)), name_of(present));
    const auto choice = referee_.clash(path, MergeField::presence, what, versions);
    const auto version = choice ? version_of(*choice) : std::nullopt;
    return version ? copy_of(versions.of(*version)) : std::nullopt;
}

/// The sides want different kinds. One that kept the base yields as a whole.
std::optional<Entry>
LeafMerger::merge_kinds(const std::string& path, const Triple<const Entry*>& versions) {
    const auto [base, ours, theirs] = versions;
    if (base != nullptr && same_but_time(*ours, *base)) {
        return *theirs;
    }
    if (base != nullptr && same_but_time(*theirs, *base)) {
        return *ours;
    }
    const auto choice = referee_.clash(path, MergeField::kind, {}, versions);
    const auto version = version_of(choice.value_or(Choice::ours));
    return version ? copy_of(versions.of(*version)) : std::nullopt;
}

std::optional<Entry> LeafMerger::merge_fields(
    const std::string& path, const Triple<const Entry*>& versions, Favour prefer
) {
    const auto [base, ours, theirs] = versions;
    FieldMerger fields(referee_, path, prefer, Removable::yes);
    removed_ = false;
    Entry merged{ours->name, {}, {}, merged_link(versions)};
    merged.node = merge_node(
        path, {base == nullptr ? nullptr : &base->node, &ours->node, &theirs->node}, fields, prefer
    );
    merged.attributes = fields.attributes(
        {base == nullptr ? nullptr : &base->attributes, &ours->attributes, &theirs->attributes}
    );
    return removed_ || fields.removed() ? std::nullopt : std::optional(std::move(merged));
}

/// The sides are of one kind.
Node LeafMerger::merge_node(
    const std::string& path, const Triple<const Node*>& versions, FieldMerger& fields, Favour prefer
) {
    const auto [base, ours, theirs] = versions;
    if (*ours == *theirs || (base != nullptr && *theirs == *base)) {
        return *ours;
    }
    if (base != nullptr && *ours == *base) {
        return *theirs;
    }
    if (std::holds_alternative<File>(*ours)) {
        auto merged = content_.merge(path, as<File>(versions), prefer);
        removed_ = merged.removed;
        return merged.file;
    }
    if (std::holds_alternative<Symlink>(*ours)) {
        if (const auto choice = prefer == Favour::none ? referee_.ruled(path) : std::nullopt) {
            return *versions.of(version_of(*choice).value_or(Version::ours));
        }
        return fields.pick(MergeField::target, {}, as<Symlink>(versions), print_target);
    }
    return fields.pick(MergeField::device, {}, as<Device>(versions), print_numbers);
}

} // namespace slipway::tree::merging
