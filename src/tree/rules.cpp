#include "tree/rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fastcdc.h"
#include "base/text.h"
#include "tree/codec.h"

namespace slipway::tree {

namespace {

constexpr std::uint32_t largest_mode = 07777;
constexpr std::uint32_t nanoseconds_a_second = 1'000'000'000;
constexpr char nul = '\0';

void check_entry_name(std::string_view name, Fault fault) {
    const auto* problem = name.empty()                  ? "is empty"
                          : name.size() > longest_name  ? "is longer than 255 bytes"
                          : name == "." || name == ".." ? "is reserved"
                          : name.find('/') != name.npos ? "holds a slash"
                          : name.find(nul) != name.npos ? "holds a NUL"
                                                        : nullptr;
    if (problem != nullptr) {
        throw Error(fault, fmt::format("file name '{}' {}", printable(name), problem));
    }
}

/// Refuses names that are not in ascending order of their bytes, each once.
template <typename Named>
void check_order(const std::vector<Named>& list, std::string_view what, Fault fault) {
    const auto unordered = [](const auto& a, const auto& b) { return a.name >= b.name; };
    const auto at = std::adjacent_find(list.begin(), list.end(), unordered);
    if (at != list.end()) {
        throw Error(
            fault, fmt::format("{} '{}' is out of order", what, printable(std::next(at)->name))
        );
    }
}

void check_xattr(const Xattr& xattr, Fault fault) {
    const auto& name = xattr.name;
    if (name.empty() || name.size() > longest_xattr_name || name.find(nul) != name.npos) {
        throw Error(fault, fmt::format("'{}' names no extended attribute", printable(name)));
    }
    if (xattr.value.size() > longest_xattr_value) {
        throw Error(
            fault,
            fmt::format(
                "extended attribute '{}' has {} bytes, more than {}",
                printable(name),
                xattr.value.size(),
                longest_xattr_value
            )
        );
    }
}

void check_attributes(const Attributes& attributes, Fault fault) {
    if (attributes.mode > largest_mode) {
        throw Error(fault, fmt::format("mode {:o} is more than permission bits", attributes.mode));
    }
    if (attributes.mtime.nanoseconds >= nanoseconds_a_second) {
        throw Error(
            fault, fmt::format("{} nanoseconds are a second", attributes.mtime.nanoseconds)
        );
    }
    for (const auto& xattr : attributes.xattrs) {
        check_xattr(xattr, fault);
    }
    check_order(attributes.xattrs, "extended attribute", fault);
}

void check_node(const File& file, Fault fault) {
    if (file.size > largest_file) {
        throw Error(fault, fmt::format("a file of {} bytes is too long", file.size));
    }
    if (file.size == 0 && file.content != Digest{}) {
        throw Error(fault, "an empty file names a content");
    }
}

void check_node(const Symlink& symlink, Fault fault) {
    const auto& target = symlink.target;
    if (target.empty() || target.size() > longest_target || target.find(nul) != target.npos) {
        throw Error(fault, fmt::format("'{}' is no target of a link", printable(target)));
    }
}

template <typename Other>
void check_node(const Other& /*node*/, Fault /*fault*/) {}

void check_entry(const Entry& entry, Fault fault) {
    check_entry_name(entry.name, fault);
    const During checking([&] { return fmt::format("at entry '{}'", printable(entry.name)); });
    if (std::holds_alternative<Subdirectory>(entry.node)) {
        if (entry.link || entry.attributes != Attributes{}) {
            throw Error(fault, "a subdirectory has a link id or attributes in its entry");
        }
        return;
    }
    check_attributes(entry.attributes, fault);
    std::visit([&](const auto& node) { check_node(node, fault); }, entry.node);
}

/// A run of zeros lies on whole blocks and is not shorter than what is looked for.
void check_zeros(std::uint64_t offset, std::uint64_t length, bool last, Fault fault) {
    const auto whole = offset % zero_block == 0 && (last || length % zero_block == 0);
    if (length < shortest_zeros || !whole) {
        throw Error(
            fault, fmt::format("no run of zeros has {} bytes at offset {}", length, offset)
        );
    }
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    const auto second = static_cast<unsigned char>(character.size() > 1 ? character[1] : 0);
    return first < 0x20 || first == 0x7F || (first == 0xC2 && second < 0xA0);
}

enum class Text { line, free };

void check_text(std::string_view text, Text kind, std::string_view what, Fault fault) {
    for (auto rest = text; !rest.empty();) {
        const auto length = utf8_length(rest);
        if (length == 0) {
            throw Error(fault, fmt::format("{} is not UTF-8", what));
        }
        if (kind == Text::line && is_control(rest.substr(0, length))) {
            throw Error(
                fault,
                fmt::format("{} '{}' holds a newline or control character", what, printable(text))
            );
        }
        rest.remove_prefix(length);
    }
}

void check_fact(const Fact& fact, Fault fault) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    if (fact.name.empty() || fact.name.find_first_not_of(allowed) != std::string::npos) {
        throw Error(
            fault,
            fmt::format(
                "'{}' names no fact: lower-case letters, digits, '.', '-', '_'",
                printable(fact.name)
            )
        );
    }
    check_text(fact.value, Text::line, "value of fact " + fact.name, fault);
}

} // namespace

void check_name(std::string_view name) {
    check_entry_name(name, Fault::usage);
}

void check(const ChunkList& list, Fault fault) {
    std::uint64_t offset = 0;
    const Run* before = nullptr;
    for (const auto& run : list.runs) {
        const auto zeros = !run.chunk.has_value();
        if (zeros) {
            check_zeros(offset, run.length, &run == &list.runs.back(), fault);
        } else if (run.length == 0 || run.length > largest_chunk) {
            throw Error(fault, fmt::format("no chunk has {} bytes", run.length));
        }
        if (before != nullptr && zeros && !before->chunk) {
            throw Error(fault, fmt::format("zeros follow zeros at offset {}", offset));
        }
        if (before != nullptr && !zeros && before->chunk &&
            before->length <= ChunkSizes{}.smallest) {
            throw Error(fault, fmt::format("a chunk of {} bytes is cut too early", before->length));
        }
        if (run.length > largest_file - offset) {
            throw Error(fault, "a file is too long");
        }
        offset += run.length;
        before = &run;
    }
    if (offset <= largest_single_chunk) {
        throw Error(fault, fmt::format("a file of {} bytes has a chunk list", offset));
    }
}

void check(const Directory& directory, Fault fault) {
    check_attributes(directory.attributes, fault);
    for (const auto& entry : directory.entries) {
        check_entry(entry, fault);
    }
    check_order(directory.entries, "entry", fault);
}

void check(const Commit& commit, Fault fault) {
    auto parents = commit.parents;
    std::sort(parents.begin(), parents.end());
    const auto twice = std::adjacent_find(parents.begin(), parents.end());
    if (twice != parents.end()) {
        throw Error(fault, fmt::format("parent {} is named twice", twice->hex()));
    }
    if (commit.time < earliest_time || commit.time > latest_time) {
        throw Error(fault, fmt::format("time {} is outside the years 1 to 9999", commit.time));
    }
    check_text(commit.author, Text::line, "author", fault);
    for (const auto& fact : commit.facts) {
        check_fact(fact, fault);
    }
    check_order(commit.facts, "fact", fault);
    check_text(commit.message, Text::free, "message", fault);
}

} // namespace slipway::tree
