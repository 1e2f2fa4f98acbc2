#include "tree/merge/tree_paths.h"

#include <deque>
#include <vector>

#include "base/text.h"
#include "tree/walk.h"

namespace slipway::tree::merging {

namespace {

constexpr std::size_t most_links = 40; // as Linux

/// The names of a path; empty ones and "." left out.
std::vector<std::string_view> names_of(std::string_view path) {
    std::vector<std::string_view> names;
    for (const auto name : split(path, '/')) {
        if (!name.empty() && name != ".") {
            names.push_back(name);
        }
    }
    return names;
}

/// Puts the names of a link's target in front of those that are left.
void follow(
    const std::string& target, std::vector<std::string>& at, std::deque<std::string>& rest
) {
    if (target.starts_with('/')) {
        at.clear();
    }
    const auto names = names_of(target);
    rest.insert(rest.begin(), names.begin(), names.end());
}

std::string joined(const std::vector<std::string>& names) {
    std::string path;
    for (const auto& name : names) {
        path += "/" + name;
    }
    return path;
}

} // namespace

std::optional<Entry>
entry_at(DirectoryReader& reader, const std::optional<Digest>& root, std::string_view path) {
    auto directory = root;
    std::optional<Entry> found;
    for (const auto name : names_of(path)) {
        if (!directory) {
            return std::nullopt;
        }
        const auto read = reader.read(*directory);
        const auto* entry = entry_named(*read, name);
        found = entry == nullptr ? std::nullopt : std::optional(*entry);
        directory = directory_of(entry);
    }
    return found;
}

std::optional<std::string> TreePaths::real_path(Version version, std::string_view path) const {
    const auto names = names_of(path);
    std::deque<std::string> rest(names.begin(), names.end());
    std::vector<std::string> at;
    std::size_t links = 0;
    while (rest.size() > 1) {
        const auto name = rest.front();
        rest.pop_front();
        if (name == "..") {
            if (!at.empty()) {
                at.pop_back();
            }
            continue;
        }
        at.push_back(name);
        const auto found = entry(version, joined(at));
        if (!found) {
            return std::nullopt;
        }
        if (const auto* symlink = std::get_if<Symlink>(&found->node)) {
            if (++links > most_links) {
                return std::nullopt;
            }
            at.pop_back();
            follow(symlink->target, at, rest);
        } else if (!directory_of(&*found)) {
            return std::nullopt;
        }
    }
    at.insert(at.end(), rest.begin(), rest.end());
    return joined(at);
}

bool TreePaths::will_exist(std::string_view path) const {
    const auto is_in = [&](Version version) {
        const auto real = real_path(version, path);
        return real && entry(version, *real);
    };
    const auto ours = is_in(Version::ours);
    const auto theirs = is_in(Version::theirs);
    return ours == theirs ? ours : !is_in(Version::base);
}

} // namespace slipway::tree::merging
