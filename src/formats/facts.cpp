#include "formats/facts.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t largest_os_release = 64U << 10U;
constexpr std::size_t longest_value = 1000;

/// A shell word as os-release(5) allows it: bare, in single or in double quotes.
std::string unquoted(std::string_view word) {
    const auto quoted = word.size() >= 2 && (word.front() == '"' || word.front() == '\'') &&
                        word.back() == word.front();
    if (!quoted) {
        return std::string(word);
    }
    std::string text;
    for (std::size_t i = 1; i + 1 < word.size(); ++i) {
        if (word[i] == '\\' && word.front() == '"' && i + 2 < word.size()) {
            ++i;
        }
        text += word[i];
    }
    return text;
}

/// A value that a commit can carry.
bool is_fact_value(std::string_view value) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (value.empty() || value.size() > longest_value ||
        std::any_of(value.begin(), value.end(), is_control)) {
        return false;
    }
    while (!value.empty()) {
        const auto length = utf8_length(value);
        if (length == 0) {
            return false;
        }
        value.remove_prefix(length);
    }
    return true;
}

/// The entry at `path`, where links in the middle of it are not followed; nothing if there is none.
std::optional<tree::Entry>
entry_at(const Contents& contents, const Digest& tree, std::string_view path) {
    auto directory = tree::load_directory(contents, tree);
    const auto parts = split(path, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto found = std::find_if(
            directory.entries.begin(),
            directory.entries.end(),
            [&](const tree::Entry& entry) { return entry.name == parts[i]; }
        );
        if (found == directory.entries.end()) {
            return std::nullopt;
        }
        if (i + 1 == parts.size()) {
            return *found;
        }
        const auto* const below = std::get_if<tree::Subdirectory>(&found->node);
        if (below == nullptr) {
            return std::nullopt;
        }
        directory = tree::load_directory(contents, below->directory);
    }
    return std::nullopt;
}

Buffer read_os_release(const Contents& contents, const Digest& tree) {
    for (const auto* const path : {"etc/os-release", "usr/lib/os-release"}) {
        const auto entry = entry_at(contents, tree, path);
        const auto* const file = entry ? std::get_if<tree::File>(&entry->node) : nullptr;
        if (file != nullptr && file->size <= largest_os_release) {
            return read_all(*tree::open_file(contents, *file), largest_os_release);
        }
    }
    return {};
}

std::optional<std::string> newest_kernel(const Contents& contents, const Digest& tree) {
    std::optional<std::string> newest;
    for (const auto* const path : {"usr/lib/modules", "lib/modules"}) {
        const auto entry = entry_at(contents, tree, path);
        const auto* const below = entry ? std::get_if<tree::Subdirectory>(&entry->node) : nullptr;
        if (below == nullptr) {
            continue;
        }
        for (const auto& module : tree::load_directory(contents, below->directory).entries) {
            if (std::holds_alternative<tree::Subdirectory>(module.node) &&
                (!newest || compare_versions(*newest, module.name) < 0)) {
                newest = module.name;
            }
        }
    }
    return newest;
}

} // namespace

std::vector<tree::Fact> parse_os_release(ConstBytes text) {
    std::vector<tree::Fact> variables;
    for (const auto line : split(as_text(text), '\n')) {
        const auto equals = line.find('=');
        const auto name = trimmed(line.substr(0, equals));
        if (equals != std::string_view::npos && !name.empty() && !line.starts_with('#')) {
            variables.push_back({std::string(name), unquoted(trimmed(line.substr(equals + 1)))});
        }
    }
    return variables;
}

std::vector<tree::Fact> collect_facts(const Contents& contents, const Digest& tree) {
    const std::map<std::string, std::string> wanted{
        {"ID", "os.id"}, {"VERSION_ID", "os.version"}, {"PRETTY_NAME", "os.name"}};
    std::map<std::string, std::string> facts;
    for (const auto& variable : parse_os_release(read_os_release(contents, tree))) {
        const auto known = wanted.find(variable.name);
        if (known != wanted.end() && is_fact_value(variable.value)) {
            facts[known->second] = variable.value;
        }
    }
    if (const auto kernel = newest_kernel(contents, tree); kernel && is_fact_value(*kernel)) {
        facts["kernel"] = *kernel;
    }
    std::vector<tree::Fact> found;
    found.reserve(facts.size());
    for (const auto& [name, value] : facts) {
        found.push_back({name, value});
    }
    return found;
}

std::vector<tree::Fact>
facts_with(const Contents& contents, const Digest& tree, const std::vector<tree::Fact>& own) {
    auto facts = collect_facts(contents, tree);
    const auto collected = facts;
    for (const auto& fact : own) {
        if (std::ranges::find(collected, fact.name, &tree::Fact::name) == collected.end()) {
            facts.push_back(fact);
        }
    }
    std::ranges::sort(facts, {}, &tree::Fact::name);
    return facts;
}

} // namespace slipway::formats
