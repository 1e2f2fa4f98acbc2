#include "cli/text_changes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/output.h"
#include "tree/content.h"
#include "tree/text_diff.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t largest_text = 64ULL << 20U;
constexpr std::size_t looked_at = 8192; ///< a zero byte here: it is no text

const tree::File* file_of(const std::optional<tree::Entry>& entry) {
    return entry ? std::get_if<tree::File>(&entry->node) : nullptr;
}

bool is_text(std::string_view bytes) {
    return bytes.substr(0, looked_at).find('\0') == std::string_view::npos;
}

Buffer read(const Contents& contents, const tree::File* file) {
    return file == nullptr ? Buffer() : read_all(*tree::open_file(contents, *file), largest_text);
}

bool is_large(const tree::File* file) {
    return file != nullptr && file->size > largest_text;
}

/// The lines of a unified diff, each in its colour. A program that reads them gets the very bytes.
std::string painted(std::string_view diff, const Palette& palette) {
    const auto on_terminal = output_is_terminal();
    std::string text;
    for (auto header_lines = 2; !diff.empty(); --header_lines) {
        const auto end = std::min(diff.find('\n'), diff.size());
        const auto line = diff.substr(0, end);
        diff.remove_prefix(std::min(end + 1, diff.size()));
        const auto colour = header_lines > 0        ? Colour::bold
                            : line.starts_with('+') ? Colour::green
                            : line.starts_with('-') ? Colour::red
                            : line.starts_with('@') ? Colour::cyan
                                                    : Colour::plain;
        text += palette.paint(colour, on_terminal ? legible(line) : std::string(line)) + "\n";
    }
    return text;
}

} // namespace

std::string text_of(const Contents& contents, const tree::Change& change, const Palette& palette) {
    const auto* const before = file_of(change.before);
    const auto* const after = file_of(change.after);
    if ((before == nullptr && after == nullptr) ||
        (before != nullptr && after != nullptr && *before == *after)) {
        return "";
    }
    const auto& old_path = change.renamed() ? change.from : change.path;
    const auto old_label = before == nullptr ? "/dev/null" : "a" + printable(old_path);
    const auto new_label = after == nullptr ? "/dev/null" : "b" + printable(change.path);
    const auto old_bytes = is_large(before) ? Buffer(1) : read(contents, before);
    const auto new_bytes = is_large(after) ? Buffer(1) : read(contents, after);
    if (!is_text(as_text(old_bytes)) || !is_text(as_text(new_bytes))) {
        return fmt::format("{} and {} differ, and are no text\n", old_label, new_label);
    }
    return painted(
        tree::unified_diff(as_text(old_bytes), as_text(new_bytes), {old_label, new_label}), palette
    );
}

} // namespace slipway::cli
