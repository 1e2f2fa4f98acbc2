#include "mount/mount_table.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::mount {

namespace {

constexpr std::size_t directory_column = 4;

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/// Spaces, tabs, newlines and backslashes are written as a backslash and three octal digits.
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const auto escaped = text.size() >= 4 && text.front() == '\\' && is_octal(text[1]) &&
                             is_octal(text[2]) && is_octal(text[3]);
        if (escaped) {
            plain +=
                static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
        } else {
            plain += text.front();
        }
        text.remove_prefix(escaped ? 4 : 1);
    }
    return plain;
}

MountEntry parse_line(std::string_view line) {
    const auto columns = split(line, ' ');
    const auto dash = std::ranges::find(columns, std::string_view("-"));
    if (columns.end() - dash < 3 || dash - columns.begin() <= std::ptrdiff_t{directory_column}) {
        throw Error(Fault::corrupt, "a line of the mount table is cut short");
    }
    return {unescaped(columns[directory_column]), std::string(dash[1]), unescaped(dash[2])};
}

} // namespace

std::vector<MountEntry> parse_mount_table(ConstBytes bytes) {
    std::vector<MountEntry> entries;
    for (const auto line : split(as_text(bytes), '\n')) {
        if (!line.empty()) {
            entries.push_back(parse_line(line));
        }
    }
    return entries;
}

std::vector<MountEntry> read_mount_table() {
    return parse_mount_table(read_file("/proc/self/mountinfo"));
}

bool is_on_top(
    const std::vector<MountEntry>& table,
    const std::filesystem::path& directory,
    std::string_view source
) {
    const auto last = std::find_if(table.rbegin(), table.rend(), [&](const MountEntry& entry) {
        return entry.directory == directory;
    });
    return last != table.rend() && last->source == source;
}

} // namespace slipway::mount
