#include "formats/tar_writer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t largest_octal_id = 07777777;
constexpr std::uint64_t largest_octal_size = 077777777777;
constexpr std::uint32_t header_mode = 0644;
constexpr std::array<std::byte, tar_block> zero_block{};

using Block = TarWriter::Block;

void put_text(Block& block, TarField field, std::string_view text) {
    text = text.substr(0, field.size);
    std::ranges::copy(text, block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

void put_number(Block& block, TarField field, std::uint64_t number) {
    const auto digits = field.size - 1;
    auto text = fmt::format("{:0{}o}", number, digits);
    if (text.size() > digits) { // in binary, big-endian, marked by the top bit
        text.assign(field.size, '\0');
        for (auto at = field.size; at-- > 0 && number > 0; number >>= 8U) {
            text[at] = static_cast<char>(number & 0xffU);
        }
        text[0] = static_cast<char>(0x80);
    }
    put_text(block, field, text);
}

std::uint64_t seconds_in_header(const tree::Time& time) {
    const auto fits =
        time.seconds >= 0 && static_cast<std::uint64_t>(time.seconds) <= largest_octal_size;
    return fits ? static_cast<std::uint64_t>(time.seconds) : 0;
}

/// A name in the two fields of a header; nothing if it does not fit.
struct SplitName {
    std::string_view prefix;
    std::string_view name;
};

std::optional<SplitName> split_name(std::string_view path) {
    if (path.size() <= tar_field::name.size) {
        return SplitName{"", path};
    }
    const auto least = path.size() - 1 - tar_field::name.size;
    const auto slash = path.find('/', least);
    if (slash == std::string_view::npos || slash == 0 || slash > tar_field::prefix.size ||
        slash + 1 == path.size()) {
        return std::nullopt;
    }
    return SplitName{path.substr(0, slash), path.substr(slash + 1)};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

/// What the header block cannot say, in a fixed order.
std::string records_for(const Member& member, std::uint64_t stored_size, bool names_path) {
    std::string records;
    const auto has_long_path = names_path && !split_name(member.path);
    const auto has_long_link = member.link.size() > tar_field::link.size;
    if ((has_long_path && !is_utf8(member.path)) || (has_long_link && !is_utf8(member.link))) {
        append_pax(records, "hdrcharset", "BINARY");
    }
    if (has_long_path) {
        append_pax(records, "path", member.path);
    }
    if (has_long_link) {
        append_pax(records, "linkpath", member.link);
    }
    if (stored_size > largest_octal_size) {
        append_pax(records, "size", std::to_string(stored_size));
    }
    if (member.uid > largest_octal_id) {
        append_pax(records, "uid", std::to_string(member.uid));
    }
    if (member.gid > largest_octal_id) {
        append_pax(records, "gid", std::to_string(member.gid));
    }
    if (member.mtime != tree::Time{static_cast<std::int64_t>(seconds_in_header(member.mtime)), 0}) {
        append_pax(records, "mtime", pax_time(member.mtime));
    }
    if (!member.access_acl.empty()) {
        append_pax(records, "SCHILY.acl.access", member.access_acl);
    }
    if (!member.default_acl.empty()) {
        append_pax(records, "SCHILY.acl.default", member.default_acl);
    }
    for (const auto& xattr : member.xattrs) {
        append_pax(records, "SCHILY.xattr." + encode_xattr_name(xattr.name), xattr.value);
    }
    return records;
}

Block header_block(const Member& member, std::uint64_t stored_size) {
    Block block{};
    const auto name = split_name(member.path).value_or(SplitName{"", member.path});
    put_text(block, tar_field::name, name.name);
    put_text(block, tar_field::prefix, name.prefix);
    put_number(block, tar_field::mode, member.mode);
    put_number(block, tar_field::uid, member.uid > largest_octal_id ? 0 : member.uid);
    put_number(block, tar_field::gid, member.gid > largest_octal_id ? 0 : member.gid);
    put_number(block, tar_field::size, stored_size > largest_octal_size ? 0 : stored_size);
    put_number(block, tar_field::mtime, seconds_in_header(member.mtime));
    put_text(block, tar_field::type, std::string_view(&member.type, 1));
    put_text(block, tar_field::link, member.link);
    put_text(
        block,
        tar_field::magic,
        std::string_view(
            "ustar\0"
            "00",
            8
        )
    );
    put_number(block, tar_field::device_major, member.device_major);
    put_number(block, tar_field::device_minor, member.device_minor);
    put_text(block, tar_field::checksum, "        ");
    std::uint32_t sum = 0;
    for (const auto letter : block) {
        sum += static_cast<std::uint8_t>(letter);
    }
    put_text(block, tar_field::checksum, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
    return block;
}

/// A name for headers that readers without PAX see as files.
std::string aside(std::string_view directory, std::string_view path) {
    const auto end = path.find_last_not_of('/');
    path = path.substr(0, end == std::string_view::npos ? 0 : end + 1);
    const auto slash = path.rfind('/');
    const auto last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return fmt::format("{}/{}", directory, last).substr(0, tar_field::name.size);
}

} // namespace

void TarWriter::write_block(const Block& block) {
    out_.write(std::as_bytes(std::span(block)));
}

void TarWriter::write_padded(ConstBytes bytes) {
    out_.write(bytes);
    const auto rest = bytes.size() % tar_block;
    out_.write(ConstBytes(zero_block).first(rest == 0 ? 0 : tar_block - rest));
}

void TarWriter::write_headers(
    const Member& member, const std::string& records, std::uint64_t stored_size
) {
    if (!records.empty()) {
        Member extension;
        extension.type = 'x';
        extension.path = aside("PaxHeaders", member.path);
        extension.mode = header_mode;
        write_block(header_block(extension, records.size()));
        write_padded(as_bytes(records));
    }
    write_block(header_block(member, stored_size));
    written_ = 0;
}

void TarWriter::begin(const Member& member) {
    write_headers(member, records_for(member, member.size, true), member.size);
}

void TarWriter::begin_sparse(const Member& member, const std::vector<Extent>& extents) {
    auto map = fmt::format("{}\n", extents.size());
    std::uint64_t stored_size = 0;
    for (const auto& extent : extents) {
        map += fmt::format("{}\n{}\n", extent.offset, extent.length);
        stored_size += extent.length;
    }
    map.resize((map.size() + tar_block - 1) / tar_block * tar_block, '\0');
    stored_size += map.size();

    std::string records;
    append_pax(records, "GNU.sparse.major", "1");
    append_pax(records, "GNU.sparse.minor", "0");
    append_pax(records, "GNU.sparse.name", member.path);
    append_pax(records, "GNU.sparse.realsize", std::to_string(member.size));
    records += records_for(member, stored_size, false);
    auto head = member;
    head.path = aside("GNUSparseFile.0", member.path);
    write_headers(head, records, stored_size);
    payload(as_bytes(map));
}

void TarWriter::payload(ConstBytes bytes) {
    out_.write(bytes);
    written_ += bytes.size();
}

void TarWriter::end_payload() {
    const auto rest = written_ % tar_block;
    out_.write(ConstBytes(zero_block).first(rest == 0 ? 0 : tar_block - rest));
    written_ = 0;
}

void TarWriter::finish() {
    out_.write(zero_block);
    out_.write(zero_block);
}

} // namespace slipway::formats
