#include "cli/output.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace slipway::cli {

namespace {

constexpr std::size_t short_id_length = 12;

struct TypeOf {
    char letter;
    std::string_view name;
};

TypeOf type_of(const tree::Node& node) {
    struct Visitor {
        TypeOf operator()(const tree::File&) const { return {'-', "file"}; }

        TypeOf operator()(const tree::Subdirectory&) const { return {'d', "directory"}; }

        TypeOf operator()(const tree::Symlink&) const { return {'l', "symlink"}; }

        TypeOf operator()(const tree::Device& device) const {
            return device.kind == tree::DeviceKind::block ? TypeOf{'b', "block device"}
                                                          : TypeOf{'c', "character device"};
        }

        TypeOf operator()(const tree::Fifo&) const { return {'p', "fifo"}; }

        TypeOf operator()(const tree::Socket&) const { return {'s', "socket"}; }
    };

    return std::visit(Visitor{}, node);
}

std::string_view fault_name(Fault fault) {
    constexpr std::array<std::string_view, 6> names{
        "usage", "not_found", "corrupt", "refused", "unavailable", "internal"};
    return names.at(static_cast<std::size_t>(fault));
}

} // namespace

std::string short_id(const Digest& id) {
    return id.hex().substr(0, short_id_length);
}

std::string utc_time(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts = {};
    gmtime_r(&time, &parts);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        parts.tm_year + 1900,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec
    );
}

std::string mode_text(const tree::Entry& entry, std::uint32_t mode) {
    constexpr std::string_view letters = "rwxrwxrwx";
    std::string text(1, type_of(entry.node).letter);
    for (unsigned i = 0; i < letters.size(); ++i) {
        text += (mode >> (8U - i) & 1U) != 0 ? letters[i] : '-';
    }
    const auto special = [&](std::uint32_t bit, std::size_t at, char set) {
        if ((mode & bit) != 0) {
            text[at] = text[at] == 'x' ? set : static_cast<char>(set - 'a' + 'A');
        }
    };
    special(04000, 3, 's');
    special(02000, 6, 's');
    special(01000, 9, 't');
    return text;
}

std::string_view type_name(const tree::Node& node) {
    return type_of(node).name;
}

std::string error_json(const Error& error) {
    std::string context;
    for (const auto& line : error.context()) {
        context += (context.empty() ? "" : ",") + json_string(line);
    }
    return fmt::format(
        R"({{"error":{},"fault":"{}","context":[{}],"hint":{}}})",
        json_string(error.what()),
        fault_name(error.fault()),
        context,
        json_string(error.hint())
    );
}

std::string json_text(const nlohmann::json& value) {
    return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string legible(std::string_view line) {
    std::string shown;
    for (;;) {
        const auto plain = std::min(line.find_first_of("\\\t"), line.size());
        shown += printable(line.substr(0, plain));
        if (plain == line.size()) {
            return shown;
        }
        shown += line[plain];
        line.remove_prefix(plain + 1);
    }
}

void print(std::string_view text) {
    std::cout << text;
}

void flush_output() {
    std::cout.flush();
}

} // namespace slipway::cli
