#include "cli/manual.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::cli {

namespace {

constexpr std::size_t width = 80;

/// `text` broken into lines, each starting with `indent`.
std::string wrapped(std::string_view text, std::string_view indent) {
    std::string lines;
    std::string line(indent);
    for (const auto word : split(text, ' ')) {
        if (line.size() > indent.size() && line.size() + 1 + word.size() > width) {
            lines += line + "\n";
            line = indent;
        }
        if (line.size() > indent.size()) {
            line += ' ';
        }
        line += word;
    }
    return lines + line + "\n";
}

/// The paragraphs of a description.
std::vector<std::string> paragraphs(std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
        const auto end = text.find("\n\n");
        found.emplace_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
    }
    return found;
}

std::string option_title(const Option& option) {
    std::string title;
    for (const auto name : split(option.names, ',')) {
        title += (title.empty() ? "" : ", ") + std::string(name);
    }
    return option.value.empty() ? title : title + " " + option.value;
}

std::string option_text(const Option& option) {
    return option.fallback.empty() ? option.help
                                   : fmt::format("{} Default: {}.", option.help, option.fallback);
}

std::string help_options(const std::vector<Option>& options) {
    std::string text;
    for (const auto& option : options) {
        text += "  " + option_title(option) + "\n" + wrapped(option_text(option), "      ");
    }
    return text;
}

/// roff reads backslashes, and dots and quotes that start a line; hyphens stand for themselves.
std::string roff(std::string_view text) {
    std::string escaped;
    for (const auto c : text) {
        const auto starts_line = escaped.empty() || escaped.back() == '\n';
        if (starts_line && (c == '.' || c == '\'')) {
            escaped += "\\&";
        }
        if (c == '\\') {
            escaped += "\\e";
        } else if (c == '-') {
            escaped += "\\-";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string upper(std::string text) {
    for (auto& c : text) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

std::string roff_item(std::string_view title, std::string_view text) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(title), roff(text));
}

std::string roff_options(const std::vector<Option>& options) {
    std::string text;
    for (const auto& option : options) {
        text += roff_item(option_title(option), option_text(option));
    }
    return text;
}

constexpr std::string_view exit_statuses =
    "0 success; 1 a difference, where --exit-code asks for it; 2 wrong usage; 3 not found; 4 "
    "damaged "
    "bytes; 5 refused; 6 unavailable, trying again may work; 70 a bug in slipway.";

std::string exit_status_page() {
    return fmt::format(".SH EXIT STATUS\n{}\n", roff(exit_statuses));
}

} // namespace

std::string long_name(const Option& option) {
    const auto start = option.names.rfind("--");
    return option.names.substr(start + 2);
}

std::string synopsis(const Command& command) {
    auto text = "slipway " + command.name + (command.options.empty() ? "" : " [OPTIONS]");
    for (const auto& argument : command.arguments) {
        const auto* const shape = argument.count == Count::one        ? " {}"
                                  : argument.count == Count::optional ? " [{}]"
                                  : argument.count == Count::some     ? " {}..."
                                                                      : " [{}]...";
        text += fmt::format(fmt::runtime(shape), argument.name);
    }
    return text;
}

std::string program_help(const std::vector<Command>& commands) {
    std::string text =
        "slipway: version control for whole operating systems, booted over the network\n\n";
    for (const auto& command : commands) {
        text += fmt::format("  {:<12} {}\n", command.name, command.summary);
    }
    return text + "\nEvery command takes:\n" + help_options(global_options()) + "\nExit status:\n" +
           wrapped(exit_statuses, "  ") + "\n`slipway help COMMAND` shows more about a command.\n";
}

std::string command_help(const Command& command) {
    auto text = fmt::format("{}\n\n{}.\n", synopsis(command), command.summary);
    for (const auto& paragraph : paragraphs(command.description)) {
        text += "\n" + wrapped(paragraph, "");
    }
    if (!command.arguments.empty()) {
        text += "\nArguments:\n";
        for (const auto& argument : command.arguments) {
            text += "  " + argument.name + "\n" + wrapped(argument.help, "      ");
        }
    }
    if (!command.options.empty()) {
        text += "\nOptions:\n" + help_options(command.options);
    }
    text += "\nEvery command takes:\n" + help_options(global_options());
    if (!command.examples.empty()) {
        text += "\nExamples:\n";
        for (const auto& example : command.examples) {
            text += "  " + example + "\n";
        }
    }
    return text;
}

std::string command_page(const Command& command) {
    auto text = fmt::format(
        ".TH {} 1 \"\" \"slipway {}\" \"slipway manual\"\n"
        ".SH NAME\nslipway\\-{} \\- {}\n.SH SYNOPSIS\n.B {}\n.SH DESCRIPTION\n",
        roff(upper("slipway-" + command.name)),
        SLIPWAY_VERSION,
        roff(command.name),
        roff(command.summary),
        roff(synopsis(command))
    );
    for (const auto& paragraph : paragraphs(command.description)) {
        text += roff(paragraph) + "\n.PP\n";
    }
    text += ".SH OPTIONS\n";
    for (const auto& argument : command.arguments) {
        text += roff_item(argument.name, argument.help);
    }
    text += roff_options(command.options) + roff_options(global_options());
    if (!command.examples.empty()) {
        text += ".SH EXAMPLES\n.nf\n";
        for (const auto& example : command.examples) {
            text += roff(example) + "\n";
        }
        text += ".fi\n";
    }
    return text + exit_status_page() + ".SH SEE ALSO\n.BR slipway (1)\n";
}

std::string program_page(const std::vector<Command>& commands) {
    auto text = fmt::format(
        ".TH SLIPWAY 1 \"\" \"slipway {}\" \"slipway manual\"\n"
        ".SH NAME\nslipway \\- version control for whole operating systems, booted over the "
        "network\n"
        ".SH SYNOPSIS\n.B slipway [OPTIONS] COMMAND\n.SH DESCRIPTION\n"
        "slipway keeps Linux systems as commits in a repository, and boots any of them on any\n"
        "machine over the network.\n.SH COMMANDS\n",
        SLIPWAY_VERSION
    );
    for (const auto& command : commands) {
        text += roff_item("slipway-" + command.name + "(1)", command.summary + ".");
    }
    return text + ".SH OPTIONS\n" + roff_options(global_options()) + exit_status_page();
}

} // namespace slipway::cli
