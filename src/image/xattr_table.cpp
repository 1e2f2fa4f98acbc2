#include "image/xattr_table.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "image/erofs.h"

namespace slipway::image {

namespace {

constexpr std::uint64_t header_bytes = 12;
constexpr std::uint64_t entry_header_bytes = 4;
constexpr std::uint64_t shared_id_bytes = 4;
constexpr std::size_t most_shared_ids = 255;
constexpr std::uint64_t longest_body = header_bytes + 4ULL * (0xFFFF - 1);
constexpr std::size_t longest_value = 0xFFFF;
constexpr std::uint64_t large_entry_bytes = 1024; ///< shared though it occurs once

struct Prefix {
    std::string_view text;
    std::uint8_t index = 0;
    bool is_whole_name = false;
};

constexpr std::array prefixes = {
    Prefix{"user.", 1, false},
    Prefix{"system.posix_acl_access", 2, true},
    Prefix{"system.posix_acl_default", 3, true},
    Prefix{"trusted.", 4, false},
    Prefix{"security.", 6, false},
};

const Prefix* find_prefix(std::string_view name) {
    for (const auto& prefix : prefixes) {
        const bool fits = prefix.is_whole_name
                              ? name == prefix.text
                              : name.starts_with(prefix.text) && name.size() > prefix.text.size();
        if (fits) {
            return &prefix;
        }
    }
    return nullptr;
}

std::string left_out_reason(std::string_view name, std::string_view reason) {
    return fmt::format("the extended attribute {} is left out: {}", printable(name), reason);
}

/// Why an attribute has no place in an image, whatever the others are; empty if it has one.
std::string refusal(const tree::Xattr& xattr) {
    if (xattr.name.starts_with("trusted.overlay.")) {
        return left_out_reason(xattr.name, "overlayfs would obey it in a lower layer");
    }
    if (find_prefix(xattr.name) == nullptr) {
        return left_out_reason(xattr.name, "EROFS has no number for its prefix");
    }
    if (xattr.value.size() > longest_value) {
        return left_out_reason(xattr.name, "EROFS holds values of up to 65,535 bytes");
    }
    return {};
}

void append_counted(std::string& key, std::string_view text) {
    fmt::format_to(std::back_inserter(key), "{}:", text.size());
    key.append(text);
}

/// Equal for equal sets only.
void write_key(std::string& key, const std::vector<tree::Xattr>& xattrs) {
    key.clear();
    for (const auto& xattr : xattrs) {
        append_counted(key, xattr.name);
        append_counted(key, xattr.value);
    }
}

} // namespace

XattrTable::XattrTable() : sets_(1) {
    set_ids_.emplace("", 0);
}

std::optional<XattrTable::SetId> XattrTable::find(const std::vector<tree::Xattr>& xattrs) {
    if (xattrs.empty()) {
        return 0;
    }
    write_key(key_, xattrs);
    const auto found = set_ids_.find(key_);
    return found == set_ids_.end() ? std::nullopt : std::optional(found->second);
}

XattrTable::SetId XattrTable::add(const std::vector<tree::Xattr>& xattrs, std::string path) {
    const auto id = static_cast<SetId>(sets_.size());
    write_key(key_, xattrs);
    set_ids_.emplace(key_, id);

    Set set;
    set.path = std::move(path);
    for (const auto& xattr : xattrs) {
        if (auto reason = refusal(xattr); !reason.empty()) {
            left_out_.push_back({id, std::move(reason)});
            continue;
        }
        const auto* prefix = find_prefix(xattr.name);
        set.attributes.push_back(intern(
            {prefix->index, xattr.name.substr(prefix->text.size()), xattr.value, xattr.name, 0, {}}
        ));
    }
    sets_.push_back(std::move(set));
    return id;
}

std::uint32_t XattrTable::intern(Attribute attribute) {
    key_.clear();
    append_counted(key_, attribute.name);
    key_.append(attribute.value);
    const auto [found, is_new] =
        attribute_ids_.try_emplace(key_, static_cast<std::uint32_t>(attributes_.size()));
    if (is_new) {
        attributes_.push_back(std::move(attribute));
    }
    return found->second;
}

void XattrTable::settle(Notices& notices) {
    for (const auto& set : sets_) {
        for (const auto attribute : set.attributes) {
            attributes_[attribute].inodes += set.inodes;
        }
    }
    share();
    for (SetId id = 0; id < sets_.size(); ++id) {
        encode(id);
    }
    for (const auto& [set, reason] : left_out_) {
        notices.add(sets_[set].path, reason, sets_[set].inodes);
    }
}

void XattrTable::share() {
    ByteWriter writer;
    for (auto& attribute : attributes_) {
        const auto bytes = entry_bytes(attribute);
        const auto apart = bytes * attribute.inodes;
        const auto together = bytes + shared_id_bytes * attribute.inodes;
        if (bytes > large_entry_bytes || together < apart) {
            attribute.shared_id = static_cast<std::uint32_t>(writer.size() / shared_id_bytes);
            append_entry(writer, attribute);
        }
    }
    shared_ = std::move(writer).take();
}

void XattrTable::encode(SetId id) {
    ByteWriter shared_ids;
    ByteWriter entries;
    std::vector<const Attribute*> own;
    for (const auto index : sets_[id].attributes) {
        const auto& attribute = attributes_[index];
        if (attribute.shared_id && shared_ids.size() / shared_id_bytes < most_shared_ids) {
            shared_ids.u32(*attribute.shared_id);
        } else {
            own.push_back(&attribute);
        }
    }
    const auto room = longest_body - header_bytes - shared_ids.size();
    for (const auto* attribute : own) {
        if (entries.size() + entry_bytes(*attribute) > room) {
            left_out_.push_back(
                {id,
                 left_out_reason(attribute->name, "the file has more of them than EROFS can hold")}
            );
            continue;
        }
        append_entry(entries, *attribute);
    }
    if (shared_ids.size() + entries.size() == 0) {
        return;
    }
    ByteWriter body;
    body.u32(0); // no filter of names
    body.u8(static_cast<std::uint8_t>(shared_ids.size() / shared_id_bytes));
    body.bytes(Buffer(header_bytes - body.size()));
    body.bytes(shared_ids.view());
    body.bytes(entries.view());
    sets_[id].body = std::move(body).take();
}

std::uint64_t XattrTable::entry_bytes(const Attribute& attribute) {
    return erofs::align_up(
        entry_header_bytes + attribute.suffix.size() + attribute.value.size(), 4
    );
}

void XattrTable::append_entry(ByteWriter& writer, const Attribute& attribute) {
    const auto end = writer.size() + entry_bytes(attribute);
    writer.u8(static_cast<std::uint8_t>(attribute.suffix.size()));
    writer.u8(attribute.prefix);
    writer.u16(static_cast<std::uint16_t>(attribute.value.size()));
    writer.text(attribute.suffix);
    writer.text(attribute.value);
    writer.bytes(Buffer(end - writer.size()));
}

} // namespace slipway::image
