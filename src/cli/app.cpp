#include "cli/app.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/manual.h"
#include "cli/output.h"

namespace slipway::cli {

namespace {

constexpr const char* default_repository = "/var/lib/slipway";

int exit_status_of(Fault fault) {
    switch (fault) {
    case Fault::usage:
        return 2;
    case Fault::not_found:
        return 3;
    case Fault::corrupt:
        return 4;
    case Fault::refused:
        return 5;
    case Fault::unavailable:
        return 6;
    case Fault::internal:
        return 70;
    }
    return 70;
}

/// What CLI11 fills in, by the name the command asks for.
using Values = std::map<std::string, std::vector<std::string>>;

/// Options and arguments with a value: one, or as many as are given.
CLI::Option* add_value(
    CLI::App& app, const std::string& names, const std::string& key, Count count, Values& values
) {
    if (count == Count::many || count == Count::some) {
        return app
            .add_option_function<std::vector<std::string>>(
                names, [&values, key](const auto& given) { values[key] = given; }
            )
            ->required(count == Count::some);
    }
    return app
        .add_option_function<std::string>(
            names, [&values, key](const auto& given) { values[key] = {given}; }
        )
        ->required(count == Count::one);
}

void add_option(CLI::App& app, const Option& option, Values& values) {
    const auto name = long_name(option);
    if (option.value.empty()) {
        app.add_flag_callback(
            option.names, [&values, name] { values[name]; }, option.help
        );
        return;
    }
    auto* const added = add_value(app, option.names, name, option.count, values);
    added->description(option.help)->type_name(option.value);
    if (option.count == Count::many) {
        // Extra ones would take a "--" behind it for their own end.
        added->expected(1)->allow_extra_args(false)->take_all();
    }
}

void add_argument(CLI::App& app, const Argument& argument, Values& values) {
    add_value(app, argument.name, argument.name, argument.count, values)
        ->description(argument.help);
}

void add_fallbacks(const Command& command, Values& values) {
    for (const auto& option : command.options) {
        if (!option.fallback.empty()) {
            values.try_emplace(long_name(option), std::vector{option.fallback});
        }
    }
}

std::unique_ptr<Reporter> make_reporter(const Invocation& invocation) {
    if (invocation.json) {
        return make_json_reporter();
    }
    const auto verbosity = invocation.flag("quiet")     ? Verbosity::quiet
                           : invocation.flag("verbose") ? Verbosity::verbose
                                                        : Verbosity::normal;
    return make_text_reporter(verbosity);
}

std::string environment(const char* name, const char* fallback) {
    const auto* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before threads.
    return value != nullptr && *value != '\0' ? value : fallback;
}

int run_command(const Command& command, Invocation& invocation) {
    if (const auto armed = environment("SLIPWAY_FAILPOINT", ""); !armed.empty()) {
        arm_failpoint(armed);
    }
    if (invocation.flag("quiet") && invocation.flag("verbose")) {
        throw Error(Fault::usage, "--quiet and --verbose contradict each other");
    }
    invocation.json = invocation.flag("json");
    invocation.repository =
        invocation.find("repo").value_or(environment("SLIPWAY_REPO", default_repository));
    invocation.cache = invocation.find("cache").value_or(environment("SLIPWAY_CACHE", ""));
    add_fallbacks(command, invocation.values);
    const auto reporter = make_reporter(invocation);
    invocation.reporter = reporter.get();
    return command.run(invocation);
}

/// One line for each error, in JSON if that was asked for.
int report(const Error& error, bool json) {
    std::cout.flush();
    std::cerr << (json ? error_json(error) : error.report()) << '\n';
    return exit_status_of(error.fault());
}

/// True if who was reading standard output has gone, as `head` does: that is no failure.
bool reader_has_gone() {
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// Ends as the signal would have ended it, so that the shell knows.
void end_by_signal(int signal) {
    std::signal(signal, SIG_DFL); // NOLINT(cert-err33-c): if it fails, there is the exit status.
    raise(signal);
}

int fail(const std::exception& exception, bool json) {
    if (reader_has_gone()) {
        constexpr int shells_add = 128;
        return shells_add + SIGPIPE;
    }
    if (const auto* const error = dynamic_cast<const Error*>(&exception)) {
        const auto status = report(*error, json);
        if (const auto signal = interrupted_by(); signal != 0) {
            end_by_signal(signal);
        }
        return status;
    }
    if (const auto* const error =
            dynamic_cast<const std::filesystem::filesystem_error*>(&exception)) {
        return report(
            system_error(error->code().value(), "cannot use " + error->path1().native()), json
        );
    }
    if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
        return report(Error(Fault::unavailable, "out of memory"), json);
    }
    return report(Error(Fault::internal, exception.what()), json);
}

/// A mapped file became shorter than it says it is, as an index that was copied half, or its disk
/// failed. Nothing can be thrown from here.
void report_cut_file(int /*signal*/) {
    constexpr std::string_view text =
        "error: the index, or another file that was being read, is cut off or cannot be read\n"
        "  hint: run `slipway fsck --rebuild-index`\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
    _exit(exit_status_of(Fault::corrupt));
}

/// In slipway's words where CLI11's would mislead.
Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const auto unknown = app.remaining();
    if (chosen.empty() && !unknown.empty() && !unknown.front().starts_with('-')) {
        return unknown_command(unknown.front());
    }
    return Error(Fault::usage, error.what())
        .hint(
            chosen.empty() ? "`slipway help` lists the commands and their options"
                           : fmt::format("see `slipway help {}`", chosen.front()->get_name())
        );
}

} // namespace

int run(int argument_count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c): a closed pipe is an error of write().
    std::signal(SIGBUS, report_cut_file); // NOLINT(cert-err33-c): else it ends the process.
    const auto commands = all_commands();
    CLI::App app("", "slipway");
    app.require_subcommand(0, 1);
    app.fallthrough();
    app.set_help_flag("-h,--help", "Show help.");
    Invocation invocation;
    invocation.program_name = arguments[0];
    for (const auto& option : global_options()) {
        add_option(app, option, invocation.values);
    }
    add_option(app, {.names = "--version"}, invocation.values); // as `slipway version`
    std::map<const CLI::App*, const Command*> by_app;
    for (const auto& command : commands) {
        auto* const added = app.add_subcommand(command.name, command.summary);
        by_app[added] = &command;
        for (const auto& argument : command.arguments) {
            add_argument(*added, argument, invocation.values);
        }
        for (const auto& option : command.options) {
            add_option(*added, option, invocation.values);
        }
    }
    try {
        app.parse(argument_count, arguments);
        if (invocation.flag("version")) {
            print(fmt::format("slipway {}\n", SLIPWAY_VERSION));
            return 0;
        }
        if (app.get_subcommands().empty()) {
            std::cerr << program_help(commands);
            return exit_status_of(Fault::usage);
        }
        const auto status = run_command(*by_app.at(app.get_subcommands().front()), invocation);
        std::cout.flush();
        if (!std::cout) {
            throw Error(Fault::unavailable, "cannot write to standard output");
        }
        return status;
    } catch (const CLI::CallForHelp&) {
        const auto chosen = app.get_subcommands();
        std::cout
            << (chosen.empty() ? program_help(commands) : command_help(*by_app.at(chosen.front())));
        return 0;
    } catch (const CLI::ParseError& error) {
        return report(usage_error(app, error), invocation.flag("json"));
    } catch (const std::exception& exception) {
        return fail(exception, invocation.flag("json"));
    }
}

} // namespace slipway::cli
