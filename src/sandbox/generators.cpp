#include "sandbox/generators.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "sandbox/generator_table.h"

namespace slipway::sandbox {

namespace {

/// `text` with the argument in place of each {}.
std::string filled(std::string_view text, std::string_view argument) {
    std::string result(text);
    for (auto at = result.find("{}"); at != std::string::npos;
         at = result.find("{}", at + argument.size())) {
        result.replace(at, 2, argument);
    }
    return result;
}

/// The path as a pattern that matches it alone.
std::string as_pattern(std::string_view path) {
    std::string pattern;
    for (const auto c : path) {
        if (c == '*' || c == '?' || c == '\\') {
            pattern += '\\';
        }
        pattern += c;
    }
    return pattern;
}

/// A generator that fits, and the program that the tree has for it.
struct Choice {
    std::size_t row = 0;
    std::string argument;
    std::string program;
    friend auto operator<=>(const Choice&, const Choice&) = default;
};

bool has_file(tree::TreeReader& tree, const std::string& path) {
    const auto found = tree.look_up(path);
    return found && std::holds_alternative<tree::File>(found->node);
}

/// The program at `path`, in which one component may be `*`; empty if the tree has none.
std::string find_program(tree::TreeReader& tree, std::string path) {
    constexpr std::string_view any = "/*/";
    const auto star = path.find(any);
    if (star == std::string::npos) {
        return has_file(tree, path) ? path : std::string();
    }
    for (const auto& entry : tree.list(path.substr(0, star))) {
        auto candidate = path.substr(0, star + 1) + entry.name + path.substr(star + 2);
        if (has_file(tree, candidate)) {
            return candidate;
        }
    }
    return {};
}

std::optional<Choice> choose(tree::TreeReader& tree, const tree::Regeneration& due) {
    const auto all = generators();
    for (std::size_t row = 0; row < all.size(); ++row) {
        if (all[row].name == due.name) {
            auto argument = all[row].argument(due.path);
            auto program = argument.empty()
                               ? std::string()
                               : find_program(tree, filled(all[row].program, argument));
            if (!program.empty()) {
                return Choice{row, std::move(argument), std::move(program)};
            }
        }
    }
    return std::nullopt;
}

std::vector<std::string> sources_of(const std::vector<std::string>& due) {
    std::vector<std::string> sources;
    for (const auto& path : due) {
        if (auto source = python_source(path); !source.empty()) {
            sources.push_back(std::move(source));
        }
    }
    return sources;
}

Run make_run(const Choice& choice, std::vector<std::string> due) {
    const auto& generator = generators()[choice.row];
    const auto& argument = choice.argument;
    Run run{std::string(generator.name), {choice.program}, {}, {}, generator.time};
    for (const auto word : split(generator.words, ' ')) {
        if (word == "{sources}") {
            const auto sources = sources_of(due);
            run.words.insert(run.words.end(), sources.begin(), sources.end());
            std::ranges::transform(due, std::back_inserter(run.owned), as_pattern);
        } else if (!word.empty()) {
            run.words.push_back(filled(word, argument));
        }
    }
    for (const auto pattern : split(generator.owned, ' ')) {
        if (!pattern.empty()) {
            run.owned.push_back(filled(pattern, as_pattern(argument)));
        }
    }
    run.due = std::move(due);
    return run;
}

} // namespace

std::string Run::command() const {
    constexpr std::size_t most_words = 5;
    auto text = words.front().substr(words.front().rfind('/') + 1);
    for (std::size_t i = 1; i < std::min(words.size(), most_words); ++i) {
        text += " " + printable(words[i]);
    }
    return words.size() > most_words ? text + " ..." : text;
}

RegenerationPlan
plan_regeneration(tree::TreeReader& tree, const std::vector<tree::Regeneration>& due) {
    RegenerationPlan plan;
    std::map<Choice, std::vector<std::string>> chosen;
    for (const auto& one : due) {
        if (auto choice = choose(tree, one)) {
            chosen[std::move(*choice)].push_back(one.path);
        } else {
            plan.left.push_back(one);
        }
    }
    for (auto& [choice, paths] : chosen) {
        plan.runs.push_back(make_run(choice, std::move(paths)));
    }
    return plan;
}

std::string usual_command(std::string_view name) {
    if (name == "grub") {
        return "update-grub"; // it looks at the machine's disks
    }
    for (const auto& generator : generators()) {
        if (generator.name == name) {
            const auto program = generator.program.substr(generator.program.rfind('/') + 1);
            return std::string(program.substr(0, program.find('{')));
        }
    }
    return {};
}

} // namespace slipway::sandbox
