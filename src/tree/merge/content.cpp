#include "tree/merge/content.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tree/content.h"

namespace slipway::tree::merging {

namespace {

/// The bytes of all versions, and the driver's view of them.
struct Loaded {
    std::optional<Buffer> base;
    Buffer ours;
    Buffer theirs;

    /// A side that lacks the file has an empty one.
    Loaded(const Contents& contents, const Triple<const File*>& versions)
        : ours(load(contents, versions.ours)), theirs(load(contents, versions.theirs)) {
        if (versions.base != nullptr) {
            base = load(contents, versions.base);
        }
    }

    DriverInput input(const std::string& path) const {
        DriverInput input{path, {}, ours, theirs};
        if (base) {
            input.base = *base;
        }
        return input;
    }

private:
    static Buffer load(const Contents& contents, const File* file) {
        return file == nullptr ? Buffer() : read_all(*open_file(contents, *file), file->size);
    }
};

bool longer_than(std::uint64_t limit, const Triple<const File*>& versions) {
    return std::any_of(std::begin(all_versions), std::end(all_versions), [&](Version version) {
        return versions.of(version) != nullptr && versions.of(version)->size > limit;
    });
}

Favour favour_of(std::optional<Choice> choice) {
    return choice == Choice::ours     ? Favour::ours
           : choice == Choice::theirs ? Favour::theirs
                                      : Favour::none;
}

Digest content_of(const File* file) {
    return file == nullptr ? Digest{} : file->content;
}

} // namespace

MergedContent
ContentMerger::merge(const std::string& path, const Triple<const File*>& versions, Favour prefer) {
    if (prefer != Favour::none) {
        const auto side = prefer == Favour::ours ? Version::ours : Version::theirs;
        referee_.note(
            path,
            fmt::format(
                "{} made it a file of its own and changed its content; what {} changed stays with "
                "the other names",
                name_of(side),
                name_of(other_side(side))
            )
        );
        return {*versions.of(side)};
    }
    if (!referee_.group()) {
        return by_rule(path, versions);
    }
    const Group key{
        *referee_.group(),
        content_of(versions.base),
        content_of(versions.ours),
        content_of(versions.theirs)};
    const auto at = of_groups_.find(key);
    if (at != of_groups_.end()) {
        return at->second;
    }
    return of_groups_.emplace(key, by_rule(path, versions)).first->second;
}

std::optional<MergedContent>
ContentMerger::merge_absent(const std::string& path, const Triple<const File*>& versions) {
    const auto* driver = driver_for(path);
    if (driver == nullptr || driver->absence() != Absence::empty || referee_.group() ||
        longer_than(options_.longest_input, versions)) {
        return std::nullopt;
    }
    return drive(path, *driver, versions);
}

/// Null if the rule for the path names none, or one that is not there.
const MergeDriver* ContentMerger::driver_for(const std::string& path) const {
    const auto* rule = referee_.rule(path);
    if (rule == nullptr || rule->action != MergeRule::Action::driver) {
        return nullptr;
    }
    const auto at = options_.drivers.find(rule->argument);
    return at == options_.drivers.end() ? nullptr : at->second;
}

MergedContent ContentMerger::by_rule(const std::string& path, const Triple<const File*>& versions) {
    const auto* rule = referee_.rule(path);
    if (rule == nullptr) {
        return ask(path, {}, versions);
    }
    switch (rule->action) {
    case MergeRule::Action::driver:
        break;
    case MergeRule::Action::regenerate:
        referee_.due(rule->argument, path);
        return {*versions.ours};
    case MergeRule::Action::conflict:
        return ask(path, rule->argument, versions);
    case MergeRule::Action::ours:
        referee_.note(path, "ours is taken, by rule");
        return {*versions.ours};
    case MergeRule::Action::theirs:
        referee_.note(path, "theirs is taken, by rule");
        return {*versions.theirs};
    }
    const auto driver = options_.drivers.find(rule->argument);
    if (driver == options_.drivers.end()) {
        return ask(path, fmt::format("there is no driver {}", rule->argument), versions);
    }
    if (longer_than(options_.longest_input, versions)) {
        return ask(
            path,
            fmt::format(
                "too long for driver {}: over {} bytes", rule->argument, options_.longest_input
            ),
            versions
        );
    }
    return drive(path, *driver->second, versions);
}

MergedContent ContentMerger::ask(
    const std::string& path, const std::string& why, const Triple<const File*>& versions
) {
    const auto print = [](const File& file) { return describe(file); };
    const auto choice = referee_.ask({path, MergeField::content, why, printed(versions, print)});
    return decided(choice.value_or(Choice::ours), versions);
}

MergedContent ContentMerger::decided(Choice choice, const Triple<const File*>& versions) {
    const auto version = version_of(choice);
    const auto* file = version ? versions.of(*version) : nullptr;
    return file == nullptr ? MergedContent{{}, true} : MergedContent{*file};
}

MergedContent ContentMerger::drive(
    const std::string& path, const MergeDriver& driver, const Triple<const File*>& versions
) {
    const During merging([&] {
        return fmt::format("merging {} with driver {}", printable(path), driver.name());
    });
    const Loaded loaded(contents_, versions);
    auto result = driver.merge(loaded.input(path), Favour::none);
    if (!result.conflicts.empty()) {
        const auto choice = referee_.decided(path);
        if (choice == Choice::base || choice == Choice::remove) {
            return decided(*choice, versions);
        }
        if (choice) {
            result = driver.merge(loaded.input(path), favour_of(choice));
        }
    }
    for (auto& conflict : result.conflicts) {
        referee_.add(
            {path,
             MergeField::content,
             std::move(conflict.what),
             {std::move(conflict.base), std::move(conflict.ours), std::move(conflict.theirs)}}
        );
    }
    for (auto& note : result.notes) {
        referee_.note(path, std::move(note));
    }
    ++referee_.statistics().files_merged;
    if (!result.conflicts.empty()) {
        return {*(versions.ours != nullptr ? versions.ours : versions.theirs)};
    }
    if (result.merged.empty() && driver.absence() == Absence::empty) {
        return {{}, true};
    }
    return {sink_.add_file(std::move(result.merged))};
}

} // namespace slipway::tree::merging
