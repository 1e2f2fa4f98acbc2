#include "formats/posix_acl.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>

#include "base/bytes.h"
#include "base/text.h"

namespace slipway::formats {

namespace {

constexpr std::uint32_t version = 2;
constexpr std::size_t header_size = 4;
constexpr std::size_t entry_size = 8;
constexpr std::size_t minimal_entries = 3;

struct Word {
    std::string_view long_form;
    std::string_view short_form;
    std::uint16_t tag;       // without a qualifier
    std::uint16_t named_tag; // with one; 0: it takes none
};

constexpr std::array words{
    Word{"user", "u", AclEntry::user_owner, AclEntry::user},
    Word{"group", "g", AclEntry::group_owner, AclEntry::group},
    Word{"mask", "m", AclEntry::mask, 0},
    Word{"other", "o", AclEntry::other, 0},
};

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == AclEntry::no_id) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::uint32_t> look_up(std::string_view name, std::uint16_t tag) {
    if (const auto number = parse_number(name)) {
        return number;
    }
    const std::string text(name);
    std::array<char, 16384> buffer; // NOLINT(*-member-init): scratch
    if (tag == AclEntry::user) {
        passwd entry = {};
        passwd* found = nullptr;
        getpwnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
        return found != nullptr ? std::optional(entry.pw_uid) : std::nullopt;
    }
    group entry = {};
    group* found = nullptr;
    getgrnam_r(text.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? std::optional(entry.gr_gid) : std::nullopt;
}

std::optional<std::uint16_t> parse_permissions(std::string_view text) {
    std::uint16_t bits = 0;
    for (const auto letter : text) {
        const auto bit = letter == 'r' ? 4 : letter == 'w' ? 2 : letter == 'x' ? 1 : 0;
        if (bit == 0 && letter != '-') {
            return std::nullopt;
        }
        bits = static_cast<std::uint16_t>(bits | bit);
    }
    return bits;
}

std::optional<AclEntry> parse_line(std::string_view line) {
    auto fields = split(line, ':');
    const auto* word = std::ranges::find_if(words, [&](const Word& each) {
        return fields[0] == each.long_form || fields[0] == each.short_form;
    });
    if (word == words.end()) {
        return std::nullopt;
    }
    if (fields.size() == 2 && word->named_tag == 0) {
        fields.insert(fields.begin() + 1, ""); // "other:r--"
    }
    const auto has_id = fields.size() == 4; // "user:name:r--:1000"
    if (fields.size() != 3 && !has_id) {
        return std::nullopt;
    }
    AclEntry entry{word->tag, 0, AclEntry::no_id};
    if (!fields[1].empty()) {
        entry.tag = word->named_tag;
        const auto id = has_id ? parse_number(fields[3]) : look_up(fields[1], entry.tag);
        if (entry.tag == 0 || !id) {
            return std::nullopt;
        }
        entry.id = *id;
    }
    const auto permissions = parse_permissions(fields[2]);
    if (!permissions) {
        return std::nullopt;
    }
    entry.permissions = *permissions;
    return entry;
}

auto order_of(const AclEntry& entry) {
    return std::tuple(entry.tag, entry.id);
}

std::size_t count_of(const Acl& acl, std::uint16_t tag) {
    return static_cast<std::size_t>(std::ranges::count(acl, tag, &AclEntry::tag));
}

/// In the kernel's order, each line once, with all that the kernel asks for.
bool is_valid(const Acl& acl) {
    const auto named = count_of(acl, AclEntry::user) + count_of(acl, AclEntry::group);
    const auto masks = count_of(acl, AclEntry::mask);
    return std::ranges::adjacent_find(acl, std::ranges::greater_equal(), order_of) == acl.end() &&
           count_of(acl, AclEntry::user_owner) == 1 && count_of(acl, AclEntry::group_owner) == 1 &&
           count_of(acl, AclEntry::other) == 1 && masks <= 1 && (named == 0 || masks == 1);
}

} // namespace

std::optional<Acl> parse_acl_text(std::string_view text) {
    Acl acl;
    std::string lines(text);
    std::ranges::replace(lines, ',', '\n');
    for (auto line : split(lines, '\n')) {
        line = trimmed(line.substr(0, line.find('#')));
        if (line.empty()) {
            continue;
        }
        const auto entry = parse_line(line);
        if (!entry) {
            return std::nullopt;
        }
        acl.push_back(*entry);
    }
    std::ranges::sort(acl, {}, order_of);
    return is_valid(acl) ? std::optional(acl) : std::nullopt;
}

std::string acl_text(const Acl& acl) {
    std::string text;
    for (const auto& entry : acl) {
        const auto* word = std::ranges::find_if(words, [&](const Word& each) {
            return entry.tag == each.tag || entry.tag == each.named_tag;
        });
        const auto id = entry.id == AclEntry::no_id ? std::string() : std::to_string(entry.id);
        text += fmt::format(
            "{}{}:{}:{}{}{}",
            text.empty() ? "" : ",",
            word->long_form,
            id,
            (entry.permissions & 4U) != 0 ? 'r' : '-',
            (entry.permissions & 2U) != 0 ? 'w' : '-',
            (entry.permissions & 1U) != 0 ? 'x' : '-'
        );
    }
    return text;
}

std::string acl_value(const Acl& acl) {
    ByteWriter writer;
    writer.u32(version);
    for (const auto& entry : acl) {
        writer.u16(entry.tag);
        writer.u16(entry.permissions);
        writer.u32(entry.id);
    }
    return std::string(as_text(writer.view()));
}

std::optional<Acl> parse_acl_value(std::string_view value) {
    if (value.size() < header_size || (value.size() - header_size) % entry_size != 0) {
        return std::nullopt;
    }
    ByteReader reader(as_bytes(value));
    if (reader.u32() != version) {
        return std::nullopt;
    }
    Acl acl;
    while (!reader.at_end()) {
        const auto tag = reader.u16();
        const auto permissions = reader.u16();
        const auto id = reader.u32();
        const auto is_named = tag == AclEntry::user || tag == AclEntry::group;
        const auto* word = std::ranges::find_if(words, [&](const Word& each) {
            return tag == each.tag || (is_named && tag == each.named_tag);
        });
        if (word == words.end() || permissions > 7 || is_named != (id != AclEntry::no_id)) {
            return std::nullopt;
        }
        acl.push_back({tag, permissions, id});
    }
    return is_valid(acl) ? std::optional(acl) : std::nullopt;
}

bool is_minimal(const Acl& acl) {
    return acl.size() == minimal_entries;
}

std::uint32_t mode_with_acl(std::uint32_t mode, const Acl& acl) {
    const auto has_mask = count_of(acl, AclEntry::mask) > 0;
    mode &= ~0777U;
    for (const auto& entry : acl) {
        const std::uint32_t bits = entry.permissions;
        if (entry.tag == AclEntry::user_owner) {
            mode |= bits << 6U;
        } else if (entry.tag == AclEntry::other) {
            mode |= bits;
        } else if (entry.tag == (has_mask ? AclEntry::mask : AclEntry::group_owner)) {
            mode |= bits << 3U;
        }
    }
    return mode;
}

} // namespace slipway::formats
