// What every content driver is built of: the three versions as text, the three-way rule, and where
// conflicts and notes are collected.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tree/merge/driver.h"

namespace slipway::tree {

/// Something in each of the three versions. A missing base is an empty one.
template <typename Value>
struct Three {
    Value base{};
    Value ours{};
    Value theirs{};
};

/// A part of a file in the three versions; nothing where a version lacks it.
using Versions = Three<std::optional<std::string_view>>;

/// A file in the three versions.
struct TextVersions {
    std::string_view path;
    std::optional<std::string_view> base;
    std::string_view ours;
    std::string_view theirs;
};

/// Which side a merge takes.
enum class Side { ours, theirs };

/// The three-way rule: the side that changed; ours if both did the same; nothing if each changed
/// it in its own way.
template <typename Value>
std::optional<Side> changed_side(const Value& base, const Value& ours, const Value& theirs) {
    if (ours == theirs || theirs == base) {
        return Side::ours;
    }
    return ours == base ? std::optional(Side::theirs) : std::nullopt;
}

template <typename Value>
const Value& pick(Side side, const Value& ours, const Value& theirs) {
    return side == Side::ours ? ours : theirs;
}

/// Collects what a merge cannot decide, or decides it for the favoured side.
class Judge {
public:
    explicit Judge(Favour favour) : favour_(favour) {}

    /// Says which side to write: the favoured one, with a note; else ours, with a conflict.
    Side conflict(DriverConflict conflict);

    void note(std::string text) { notes_.push_back(std::move(text)); }

    /// How many conflicts nobody decided.
    std::size_t open() const { return conflicts_.size(); }

    DriverResult finish(std::string_view merged) &&;

private:
    Favour favour_;
    std::vector<DriverConflict> conflicts_;
    std::vector<std::string> notes_;
};

/// Merges the text of one family of files and returns the whole result.
using MergeText = std::string (*)(const TextVersions& versions, Judge& judge);

/// A driver made of such a function. It answers itself where one side kept the base or both are
/// equal, and refuses what holds NUL bytes.
class TextDriver final : public MergeDriver {
public:
    TextDriver(std::string_view name, MergeText function, Absence absence = Absence::removal)
        : name_(name), merge_(function), absence_(absence) {}

    std::string_view name() const override { return name_; }

    DriverResult merge(const DriverInput& input, Favour favour) const override;

    Absence absence() const override { return absence_; }

private:
    std::string_view name_;
    MergeText merge_;
    Absence absence_;
};

/// One conflict for a file that cannot be merged in parts; returns the side to write.
std::string refuse(const TextVersions& versions, std::string what, Judge& judge);

/// The versions as `parse` reads them. Nothing if it cannot read one: then they are refused, as not
/// `family`, and `refused` is what to write.
template <typename Parsed>
std::optional<Three<Parsed>> parse_versions(
    const TextVersions& versions,
    std::optional<Parsed> (*parse)(std::string_view),
    std::string_view family,
    Judge& judge,
    std::string& refused
) {
    auto base = parse(versions.base.value_or(std::string_view()));
    auto ours = parse(versions.ours);
    auto theirs = parse(versions.theirs);
    if (base && ours && theirs) {
        return Three<Parsed>{std::move(*base), std::move(*ours), std::move(*theirs)};
    }
    std::string sides;
    sides += base ? "" : ", base";
    sides += ours ? "" : ", ours";
    sides += theirs ? "" : ", theirs";
    refused = refuse(versions, "not " + std::string(family) + " (" + sides.substr(2) + ")", judge);
    return std::nullopt;
}

/// A text by lines, seen in place, without their newlines.
struct LineFile {
    std::vector<std::string_view> lines;
    bool final_newline = true; ///< the last line has one; nothing is said by an empty file
};

LineFile read_lines(std::string_view text);

/// Whether the merged text ends with a newline: merged three-way, where there are lines.
bool merged_final_newline(const Three<LineFile>& versions);

/// Lines as one text. An empty last line has its newline in any case.
std::string join_lines(const std::vector<std::string_view>& lines, bool final_newline);

} // namespace slipway::tree
