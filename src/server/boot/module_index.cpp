#include "server/boot/module_index.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::server::boot {

namespace {

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// Refuses what could name a file outside the directory of modules, or is no module.
void check_path(std::string_view path) {
    const auto parts = split(path, '/');
    const bool plain = std::ranges::none_of(parts, [](std::string_view part) {
        return part.empty() || part == "." || part == "..";
    });
    if (!plain || base_name(path).find(".ko") == std::string_view::npos) {
        throw Error(Fault::corrupt, fmt::format("{} is no path of a module", printable(path)));
    }
}

/// The words of a line; none for a comment.
std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> result;
    if (line.starts_with('#')) {
        return result;
    }
    for (const auto part : split(line, ' ')) {
        if (const auto word = trimmed(part); !word.empty()) {
            result.push_back(word);
        }
    }
    return result;
}

template <typename Use>
void for_each_line(ConstBytes text, Use use) {
    for (const auto line : split(as_text(text), '\n')) {
        if (const auto found = words(line); !found.empty()) {
            use(found);
        }
    }
}

Error bad_line(std::string_view file, std::string_view word) {
    return {Fault::corrupt, fmt::format("{} has a line that begins {}", file, printable(word))};
}

} // namespace

std::string module_name(std::string_view path) {
    const auto base = base_name(path);
    std::string name(base.substr(0, base.find(".ko")));
    std::ranges::replace(name, '-', '_');
    return name;
}

std::string_view without_compression(std::string_view path) {
    const auto start = path.size() - base_name(path).size();
    const auto end = path.find(".ko", start);
    return end == std::string_view::npos ? path : path.substr(0, end + 3);
}

std::vector<Module> parse_modules_dep(ConstBytes text) {
    std::vector<Module> modules;
    for_each_line(text, [&](const std::vector<std::string_view>& line) {
        auto path = line.front();
        if (!path.ends_with(':')) {
            throw bad_line("modules.dep", path);
        }
        path.remove_suffix(1);
        check_path(path);
        Module module{std::string(path), {}};
        for (const auto need : std::span(line).subspan(1)) {
            check_path(need);
            module.needs.emplace_back(need);
        }
        modules.push_back(std::move(module));
    });
    return modules;
}

std::vector<std::string> parse_modules_builtin(ConstBytes text) {
    std::vector<std::string> names;
    for_each_line(text, [&](const std::vector<std::string_view>& line) {
        check_path(line.front());
        names.push_back(module_name(line.front()));
    });
    return names;
}

std::vector<ModuleAlias> parse_modules_alias(ConstBytes text) {
    std::vector<ModuleAlias> aliases;
    for_each_line(text, [&](const std::vector<std::string_view>& line) {
        // A pattern may hold spaces (DMI strings do): the module is the last word.
        if (line.front() != "alias" || line.size() < 3) {
            throw bad_line("modules.alias", line.front());
        }
        const auto* const begin = line[1].data();
        const auto* const end = line[line.size() - 2].data() + line[line.size() - 2].size();
        aliases.push_back({std::string(begin, end), module_name(line.back())});
    });
    return aliases;
}

std::vector<SoftDependency> parse_modules_softdep(ConstBytes text) {
    std::vector<SoftDependency> result;
    for_each_line(text, [&](const std::vector<std::string_view>& line) {
        if (line.front() != "softdep" || line.size() < 2) {
            throw bad_line("modules.softdep", line.front());
        }
        SoftDependency soft{module_name(line[1]), {}};
        bool before = false;
        for (const auto word : std::span(line).subspan(2)) {
            if (word.ends_with(':')) {
                before = word == "pre:";
            } else if (before) {
                soft.before.emplace_back(word);
            }
        }
        if (!soft.before.empty()) {
            result.push_back(std::move(soft));
        }
    });
    return result;
}

} // namespace slipway::server::boot
