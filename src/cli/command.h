// What a command is: its words, its options and what it does.
//
// One value describes a command; the parser, `slipway help`, the manual pages and the completion
// are all made from it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/reporter.h"

namespace slipway::cli {

enum class Count { one, optional, many, some }; ///< some: one at least

struct Argument {
    std::string name; ///< "COMMIT"
    std::string help;
    Count count = Count::one;
    std::vector<std::string> words = {}; ///< what it may be, if that is a list; for completion
};

struct Option {
    std::string names;      ///< "-m,--message"; the last long name is how the command asks for it
    std::string value = {}; ///< "TEXT"; empty: a flag
    std::string help = {};
    Count count = Count::optional; ///< many: may be given again and again
    std::string fallback = {};     ///< its value if it is not given
};

/// What was typed, and where the answer goes.
class Invocation {
public:
    std::map<std::string, std::vector<std::string>> values; ///< by argument or long option name
    std::string repository; ///< a directory or URLs, separated by commas
    std::string cache;      ///< a directory for what is fetched; empty: none
    bool json = false;
    Reporter* reporter = &silent_reporter();
    char* program_name = nullptr; ///< argv[0] itself

    /// The value of an argument or an option that has one.
    const std::string& value(const std::string& name) const;
    std::optional<std::string> find(const std::string& name) const;
    std::vector<std::string> all(const std::string& name) const;

    /// The value as a number. Throws Fault::usage unless it is one from `least` to `most`.
    std::uint64_t number(const std::string& name, std::uint64_t least, std::uint64_t most) const;

    bool flag(const std::string& name) const { return values.contains(name); }
};

struct Command {
    std::string name;
    std::string summary;     ///< one line, no full stop
    std::string description; ///< paragraphs, separated by empty lines
    std::vector<Argument> arguments;
    std::vector<Option> options;
    std::vector<std::string> examples; ///< "slipway ...", each with what it does after "  # "
    std::function<int(const Invocation&)> run; ///< returns the exit status
};

/// The Error for a command that there is none of; it suggests the one that looks most like it.
Error unknown_command(const std::string& name);

/// Every command, in the order in which help shows them.
std::vector<Command> all_commands();

/// Options that every command takes.
std::vector<Option> global_options();

} // namespace slipway::cli
