#include "tree/merge/drivers/judge.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::tree {

Side Judge::conflict(DriverConflict conflict) {
    if (favour_ == Favour::none) {
        conflicts_.push_back(std::move(conflict));
        return Side::ours;
    }
    const auto side = favour_ == Favour::ours ? Side::ours : Side::theirs;
    note(conflict.what + ": conflict decided for " + (side == Side::ours ? "ours" : "theirs"));
    return side;
}

DriverResult Judge::finish(std::string_view merged) && {
    return {to_buffer(as_bytes(merged)), std::move(conflicts_), std::move(notes_)};
}

DriverResult TextDriver::merge(const DriverInput& input, Favour favour) const {
    TextVersions versions{input.path, {}, as_text(input.ours), as_text(input.theirs)};
    if (input.base) {
        versions.base = as_text(*input.base);
    }
    Judge judge(favour);
    const auto has_nul = [](std::string_view text) { return text.find('\0') != text.npos; };
    if (versions.ours == versions.theirs || versions.base == versions.theirs) {
        return std::move(judge).finish(versions.ours);
    }
    if (versions.base == versions.ours) {
        return std::move(judge).finish(versions.theirs);
    }
    if (has_nul(versions.base.value_or("")) || has_nul(versions.ours) || has_nul(versions.theirs)) {
        const auto merged = refuse(versions, "not text", judge);
        return std::move(judge).finish(merged);
    }
    const auto merged = merge_(versions, judge);
    return std::move(judge).finish(merged);
}

std::string refuse(const TextVersions& versions, std::string what, Judge& judge) {
    const auto size = [](std::string_view text) { return fmt::format("{} bytes", text.size()); };
    DriverConflict conflict{
        std::move(what), std::nullopt, size(versions.ours), size(versions.theirs)};
    if (versions.base) {
        conflict.base = size(*versions.base);
    }
    return std::string(pick(judge.conflict(std::move(conflict)), versions.ours, versions.theirs));
}

LineFile read_lines(std::string_view text) {
    LineFile file;
    file.final_newline = text.empty() || text.back() == '\n';
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        file.lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return file;
}

bool merged_final_newline(const Three<LineFile>& versions) {
    const auto& [base, ours, theirs] = versions;
    if (ours.lines.empty() || theirs.lines.empty()) {
        return ours.lines.empty() ? theirs.final_newline : ours.final_newline;
    }
    if (base.lines.empty()) {
        return ours.final_newline || theirs.final_newline;
    }
    // Of two values one is always what the base had, so three-way never clashes.
    const auto side = changed_side(base.final_newline, ours.final_newline, theirs.final_newline);
    return pick(side.value_or(Side::ours), ours.final_newline, theirs.final_newline);
}

std::string join_lines(const std::vector<std::string_view>& lines, bool final_newline) {
    std::string text;
    for (const auto line : lines) {
        text += line;
        text += '\n';
    }
    if (!final_newline && !lines.empty() && !lines.back().empty()) {
        text.pop_back();
    }
    return text;
}

} // namespace slipway::tree
