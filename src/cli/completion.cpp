#include "cli/completion.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::cli {

namespace {

/// Walks the words before the one that is being written: `kind` is what that one stands for.
constexpr std::string_view script_head = R"(# bash completion for slipway
_slipway_refs() { # a server may name its branches as it likes: only what is no code for a shell
    {
        slipway "${repo[@]}" --quiet branches --names 2>/dev/null
        slipway "${repo[@]}" --quiet tag 2>/dev/null | sed 's/ .*//'
    } | grep -xE '[A-Za-z0-9._+/-]+'
}
_slipway() {
    local current=${COMP_WORDS[COMP_CWORD]} command= kind= arguments=() choices= words=
    local repo=() at=0 i word
)";

constexpr std::string_view script_loop = R"(    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $kind ]]; then
            kind=
        elif [[ $word == -* ]]; then
            [[ $word == --repo ]] && repo=(--repo "${COMP_WORDS[i + 1]}")
            [[ $takes == *" $word:"* ]] && { kind=${takes#*" $word:"}; kind=${kind%% *}; }
        elif [[ -n $command ]]; then
            ((at++))
        else
            command=$word
            case $command in
)";

constexpr std::string_view script_tail = R"(            esac
        fi
    done
    COMPREPLY=()
    if [[ -n $kind ]]; then
        :
    elif [[ $current == -* ]]; then
        words=$options
    elif [[ -z $command ]]; then
        kind=COMMAND
    else
        ((at >= ${#arguments[@]})) && [[ "${arguments[*]}" == *... ]] && at=$((${#arguments[@]} - 1))
        kind=${arguments[at]:-}
    fi
    case $command:${kind%...} in
        remote:NAME | *:REPO) words=$(slipway "${repo[@]}" remote list 2>/dev/null | sed 's/ .*//') ;;
        *:COMMIT | *:BRANCH | *:A | *:B | *:FROM | *:TO | *:NAME) words=$(_slipway_refs) ;;
        :COMMAND | help:COMMAND | man:COMMAND) words=$names ;;
        *:ACTION) words=$choices ;;
    esac
    case ${kind%...} in
        DIR* | FILE | KEY | SOURCE | CHANGE | VALUE | REPO | LOCATION)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            ;;
    esac
    while read -r word; do # not by compgen -W: it would run what is in a name
        [[ -n $word && $word == "$current"* ]] && COMPREPLY+=("$word")
    done < <(tr ' ' '\n' <<<"$words")
}
complete -F _slipway slipway
)";

std::string names_of(const std::vector<Option>& options) {
    std::string text;
    for (const auto& option : options) {
        for (const auto name : split(option.names, ',')) {
            text += fmt::format(" {}", name);
        }
    }
    return text;
}

/// " --limit:N -n:N": which options take a value, and what it is.
std::string values_of(const std::vector<Option>& options) {
    std::string text;
    for (const auto& option : options) {
        for (const auto name : split(option.names, ',')) {
            text += option.value.empty() ? "" : fmt::format(" {}:{}", name, option.value);
        }
    }
    return text;
}

std::string case_of(const Command& command) {
    std::string arguments;
    std::string choices;
    for (const auto& argument : command.arguments) {
        const auto several = argument.count == Count::many || argument.count == Count::some;
        arguments += fmt::format(" {}{}", argument.name, several ? "..." : "");
        for (const auto& word : argument.words) {
            choices += " " + word;
        }
    }
    return fmt::format(
        "                {}) options+='{}' takes+='{} ' arguments=({}) choices='{}' ;;\n",
        command.name,
        names_of(command.options),
        values_of(command.options),
        arguments,
        choices
    );
}

} // namespace

std::string bash_completion(const std::vector<Command>& commands) {
    std::string names;
    std::string cases;
    for (const auto& command : commands) {
        names += " " + command.name;
        cases += case_of(command);
    }
    return fmt::format(
        "{}    local names='{}'\n    local options='{}'\n    local takes='{} '\n{}{}{}",
        script_head,
        names,
        names_of(global_options()),
        values_of(global_options()),
        script_loop,
        cases,
        script_tail
    );
}

} // namespace slipway::cli
