#include "formats/tar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::formats {

namespace {

constexpr std::uint64_t largest_extension = 16ULL << 20U; // bytes of one extension header
constexpr std::size_t most_extents = 4U << 20U;           // of one sparse file
constexpr std::size_t transfer_size = 256U << 10U;

[[noreturn]] void corrupt(std::string_view name, std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("tar member {}: {}", printable(name), what));
}

template <typename Number>
Number checked(std::int64_t number, std::string_view name, std::string_view what) {
    if (number < 0 || static_cast<std::uint64_t>(number) > std::numeric_limits<Number>::max()) {
        corrupt(name, fmt::format("{} {} is out of range", what, number));
    }
    return static_cast<Number>(number);
}

std::uint64_t padding_of(std::uint64_t size) {
    return (tar_block - size % tar_block) % tar_block;
}

/// The name of a header without PAX records, from its two parts.
std::string header_name(ConstBytes block) {
    auto name = field_text(block, tar_field::name);
    const auto magic = as_text(field_bytes(block, tar_field::magic));
    if (!magic.starts_with(std::string_view("ustar\0", 6))) {
        return name; // GNU and old archives keep other things in the prefix
    }
    const auto is_star = as_text(field_bytes(block, tar_field::star_magic)).starts_with("tar");
    const auto prefix = field_text(block, is_star ? tar_field::star_prefix : tar_field::prefix);
    return prefix.empty() ? name : prefix + "/" + name;
}

/// The types that members have outside; nothing for one that is to be passed over.
std::optional<char> known_type(char type, std::string_view name) {
    switch (type) {
    case '0':
    case '\0':
        return name.ends_with('/') ? '5' : '0'; // old archives have no type for directories
    case '7':
    case 'S':
        return '0';
    case 'D':
        return '5';
    case 'V': // the label of a volume
        return std::nullopt;
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        return type;
    default:
        corrupt(name, fmt::format("type '{}' is unknown", printable(std::string_view(&type, 1))));
    }
}

std::string without_end(std::string text) {
    text.resize(std::min(text.find('\0'), text.size()));
    return text;
}

} // namespace

bool TarReader::read_block(Buffer& block) {
    block.resize(tar_block);
    const auto count = read_fully(archive_, block);
    if (count != tar_block) {
        throw Error(
            Fault::corrupt,
            !began_ ? "this is not a tar archive"
                    : fmt::format("the tar archive is cut off after {}", printable(name_))
        );
    }
    return !all_zero(block);
}

std::string TarReader::read_text(std::uint64_t size) {
    if (size > largest_extension) {
        corrupt(name_, "its extension header is too large");
    }
    std::string text(size + padding_of(size), '\0');
    if (read_fully(archive_, std::as_writable_bytes(std::span(text))) != text.size()) {
        corrupt(name_, "the tar archive is cut off");
    }
    text.resize(size);
    return text;
}

void TarReader::skip(std::uint64_t size) {
    Buffer buffer(std::min<std::uint64_t>(size, transfer_size));
    while (size > 0) {
        const auto part = Bytes(buffer).first(std::min<std::uint64_t>(size, buffer.size()));
        if (read_fully(archive_, part) != part.size()) {
            corrupt(name_, "the tar archive is cut off");
        }
        size -= part.size();
    }
}

/// True if the block heads an extension, which is then read.
bool TarReader::take_extension(ConstBytes block, Extensions& extensions) {
    const auto size = checked<std::uint64_t>(
        field_number(block, tar_field::size), field_text(block, tar_field::name), "size"
    );
    switch (static_cast<char>(block[tar_field::type.offset])) {
    case 'x':
    case 'X':
        extensions.records = parse_pax(as_bytes(read_text(size)));
        return true;
    case 'g':
        std::ranges::copy(parse_pax(as_bytes(read_text(size))), std::back_inserter(defaults_));
        return true;
    case 'L':
        extensions.long_name = without_end(read_text(size));
        return true;
    case 'K':
        extensions.long_link = without_end(read_text(size));
        return true;
    default:
        return false;
    }
}

void TarReader::skip_rest() {
    skip(std::exchange(left_, 0));
    skip(std::exchange(padding_, 0));
}

std::optional<Member> TarReader::next() {
    skip_rest();
    Extensions extensions;
    Buffer block;
    while (read_block(block)) {
        if (!is_tar_header(block)) {
            throw Error(
                Fault::corrupt,
                !began_ ? "this is not a tar archive"
                        : fmt::format("the tar archive is damaged after {}", printable(name_))
            );
        }
        began_ = true;
        if (take_extension(block, extensions)) {
            continue;
        }
        auto member = member_from(block, std::exchange(extensions, {}));
        if (const auto type = known_type(member.type, member.path)) {
            member.type = *type;
            return member;
        }
        skip_rest();
    }
    // What follows the end mark is padding; read it, so that who writes it does not fail.
    for (block.resize(transfer_size); archive_.read(block) > 0;) {
    }
    return std::nullopt;
}

Member TarReader::member_from(ConstBytes block, const Extensions& extensions) {
    Member member;
    sparse_ = {};
    member.type = static_cast<char>(block[tar_field::type.offset]);
    member.path = extensions.long_name.value_or(header_name(block));
    member.link = extensions.long_link.value_or(field_text(block, tar_field::link));
    name_ = member.path;
    const auto number = [&](TarField field, std::string_view what) {
        return checked<std::uint32_t>(field_number(block, field), name_, what);
    };
    member.mode = number(tar_field::mode, "mode") & 07777U;
    member.uid = number(tar_field::uid, "uid");
    member.gid = number(tar_field::gid, "gid");
    member.mtime.seconds = field_number(block, tar_field::mtime);
    member.size = checked<std::uint64_t>(field_number(block, tar_field::size), name_, "size");
    if (member.type == '3' || member.type == '4') {
        member.device_major = number(tar_field::device_major, "device number");
        member.device_minor = number(tar_field::device_minor, "device number");
    }
    for (const auto& [key, value] : defaults_) {
        apply_record(member, key, value);
    }
    for (const auto& [key, value] : extensions.records) {
        apply_record(member, key, value);
    }
    if (!sparse_.name.empty()) {
        member.path = sparse_.name;
    }
    name_ = member.path;
    if (member.type == 'S') {
        read_gnu_map(block);
    }
    settle_size(member);
    return member;
}

/// Links, devices and directories store nothing; sparse files less than their size.
void TarReader::settle_size(Member& member) {
    const auto type = member.type;
    const auto is_file = type == '0' || type == '\0' || type == '7' || type == 'S';
    const auto has_payload = is_file || type == 'D' || type == 'V';
    left_ = has_payload ? member.size : 0;
    if (left_ > tree::largest_file) {
        corrupt(name_, fmt::format("a size of {} bytes is impossible", left_));
    }
    padding_ = padding_of(left_);
    if (sparse_.map_in_payload) {
        read_pax_map();
    }
    if (!is_file) {
        member.size = 0;
    } else if (sparse_.is_sparse) {
        member.size = sparse_.real_size.value_or(member.size);
        const auto end = sparse_.extents.empty()
                             ? 0
                             : sparse_.extents.back().offset + sparse_.extents.back().length;
        std::uint64_t stored = 0;
        for (const auto& extent : sparse_.extents) {
            stored += extent.length;
        }
        if (member.size > tree::largest_file || end > member.size || stored != left_) {
            corrupt(name_, "its map of holes does not fit its size");
        }
    } else {
        sparse_.extents = {Extent{0, member.size}};
    }
    size_ = member.size;
}

void TarReader::apply_record(Member& member, const std::string& key, const std::string& value) {
    if (apply_sparse(key, value) || apply_xattr(member, key, value) || value.empty()) {
        return;
    }
    const auto number = [&] { return parse_decimal(value, key); };
    const auto id = [&] {
        return checked<std::uint32_t>(static_cast<std::int64_t>(number()), name_, key);
    };
    if (key == "path") {
        member.path = value;
    } else if (key == "linkpath") {
        member.link = value;
    } else if (key == "size") {
        member.size = number();
    } else if (key == "uid") {
        member.uid = id();
    } else if (key == "gid") {
        member.gid = id();
    } else if (key == "mtime") {
        member.mtime = parse_pax_time(value);
    } else if (key == "SCHILY.devmajor") {
        member.device_major = id();
    } else if (key == "SCHILY.devminor") {
        member.device_minor = id();
    } else if (key == "SCHILY.acl.access") {
        member.access_acl = value;
    } else if (key == "SCHILY.acl.default") {
        member.default_acl = value;
    }
}

bool TarReader::apply_xattr(Member& member, const std::string& key, const std::string& value) {
    constexpr std::string_view schily = "SCHILY.xattr.";
    constexpr std::string_view libarchive = "LIBARCHIVE.xattr.";
    tree::Xattr xattr;
    if (key.starts_with(schily)) {
        xattr = {decode_xattr_name(std::string_view(key).substr(schily.size())), value};
    } else if (key.starts_with(libarchive)) {
        xattr.name = decode_percent(std::string_view(key).substr(libarchive.size()));
        xattr.value = decode_base64(value);
    } else if (key == "RHT.security.selinux") {
        xattr = {"security.selinux", value + '\0'}; // the kernel counts its end
    } else {
        return false;
    }
    auto& all = member.xattrs;
    const auto at = std::ranges::lower_bound(all, xattr.name, {}, &tree::Xattr::name);
    if (at != all.end() && at->name == xattr.name) {
        *at = std::move(xattr);
    } else {
        all.insert(at, std::move(xattr));
    }
    return true;
}

bool TarReader::apply_sparse(const std::string& key, const std::string& value) {
    constexpr std::string_view prefix = "GNU.sparse.";
    if (!key.starts_with(prefix)) {
        return false;
    }
    const auto what = std::string_view(key).substr(prefix.size());
    sparse_.is_sparse = true;
    if (what == "name") {
        sparse_.name = value;
    } else if (what == "realsize" || what == "size") {
        sparse_.real_size = parse_decimal(value, key);
    } else if (what == "major") {
        sparse_.map_in_payload = value == "1";
    } else if (what == "offset") {
        add_extent({parse_decimal(value, key), 0});
    } else if (what == "numbytes") {
        if (sparse_.extents.empty()) {
            corrupt(name_, "its map of holes is damaged");
        }
        const auto offset = sparse_.extents.back().offset;
        sparse_.extents.pop_back();
        add_extent({offset, parse_decimal(value, key)});
    } else if (what == "map") {
        const auto numbers = split(value, ',');
        for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
            add_extent({parse_decimal(numbers[i], key), parse_decimal(numbers[i + 1], key)});
        }
    }
    return true;
}

void TarReader::add_extent(Extent extent) {
    auto& extents = sparse_.extents;
    const auto end = extents.empty() ? 0 : extents.back().offset + extents.back().length;
    if (extent.offset < end || extent.offset > tree::largest_file ||
        extent.length > tree::largest_file - extent.offset || extents.size() >= most_extents) {
        corrupt(name_, "its map of holes is damaged");
    }
    extents.push_back(extent);
}

void TarReader::read_gnu_pairs(ConstBytes block, TarField field) {
    constexpr std::size_t number = 12;
    for (auto at = field.offset; at < field.offset + field.size; at += 2 * number) {
        const auto offset = field_number(block, {at, number});
        const auto length = field_number(block, {at + number, number});
        if (static_cast<char>(block[at]) != '\0') {
            add_extent(
                {checked<std::uint64_t>(offset, name_, "offset"),
                 checked<std::uint64_t>(length, name_, "length")}
            );
        }
    }
}

/// The map of an old GNU sparse file: in its header and in blocks behind it.
void TarReader::read_gnu_map(ConstBytes block) {
    sparse_.is_sparse = true;
    sparse_.real_size =
        checked<std::uint64_t>(field_number(block, tar_field::gnu_real_size), name_, "size");
    read_gnu_pairs(block, tar_field::gnu_sparse);
    auto more = static_cast<char>(block[tar_field::gnu_extended.offset]) != '\0';
    for (Buffer next; more;) {
        read_block(next);
        read_gnu_pairs(next, tar_field::gnu_more_sparse);
        more = static_cast<char>(next[tar_field::gnu_more_extended.offset]) != '\0';
    }
}

/// The map of a GNU.sparse 1.0 file: lines of numbers, padded to whole blocks, before its data.
void TarReader::read_pax_map() {
    sparse_.extents.clear();
    std::string text;
    Buffer block;
    const auto next_number = [&] {
        auto end = text.find('\n');
        while (end == std::string::npos) {
            if (left_ < tar_block || text.size() > tar_block) {
                corrupt(name_, "its map of holes is damaged");
            }
            read_block(block);
            left_ -= tar_block;
            text += as_text(block);
            end = text.find('\n');
        }
        const auto number = parse_decimal(std::string_view(text).substr(0, end), "map of holes");
        text.erase(0, end + 1);
        return number;
    };
    for (auto count = next_number(); count > 0; --count) {
        const auto offset = next_number();
        add_extent({offset, next_number()});
    }
}

void TarReader::push(std::uint64_t length, tree::Ingest::Feed& feed) {
    Buffer buffer(std::min<std::uint64_t>(length, transfer_size));
    while (length > 0) {
        const auto part = Bytes(buffer).first(std::min<std::uint64_t>(length, buffer.size()));
        if (read_fully(archive_, part) != part.size()) {
            corrupt(name_, "the tar archive is cut off");
        }
        feed.data(part);
        length -= part.size();
        left_ -= part.size();
    }
}

void TarReader::read_payload(tree::Ingest::Feed& feed) {
    std::uint64_t position = 0;
    for (const auto& extent : sparse_.extents) {
        feed.zeros(extent.offset - position);
        push(extent.length, feed);
        position = extent.offset + extent.length;
    }
    feed.zeros(size_ - position);
}

} // namespace slipway::formats
