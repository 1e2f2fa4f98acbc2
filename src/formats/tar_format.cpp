#include "formats/tar_format.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"

namespace slipway::formats {

namespace {

constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;
constexpr std::size_t nanosecond_digits = 9;

[[noreturn]] void damaged(std::string_view what) {
    throw Error(Fault::corrupt, fmt::format("the tar archive has a damaged {}", what));
}

std::int64_t binary_number(ConstBytes bytes) {
    // The top bit marks it; the next one is its sign.
    const auto first = std::to_integer<std::uint8_t>(bytes[0]);
    std::int64_t number = (first & 0x40U) != 0 ? -1 : 0;
    const auto sign = number;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto byte = std::to_integer<std::uint8_t>(bytes[i]);
        if (i == 0) {
            byte = static_cast<std::uint8_t>((byte & 0x7fU) | (sign < 0 ? 0x80U : 0U));
        }
        if ((number >> 54) != sign) { // 55 bits and a byte more fit
            damaged("number");
        }
        number = static_cast<std::int64_t>((static_cast<std::uint64_t>(number) << 8U) | byte);
    }
    return number;
}

} // namespace

ConstBytes field_bytes(ConstBytes block, TarField field) {
    return block.subspan(field.offset, field.size);
}

std::string field_text(ConstBytes block, TarField field) {
    const auto text = as_text(field_bytes(block, field));
    return std::string(text.substr(0, text.find('\0')));
}

std::int64_t field_number(ConstBytes block, TarField field) {
    const auto bytes = field_bytes(block, field);
    if ((std::to_integer<std::uint8_t>(bytes[0]) & 0x80U) != 0) {
        return binary_number(bytes);
    }
    auto text = as_text(bytes);
    text = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    text = text.substr(0, text.find(' '));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
    if (!text.empty() && (error != std::errc() || end != text.data() + text.size())) {
        damaged("number");
    }
    return number;
}

bool is_tar_header(ConstBytes block) {
    const auto sum = as_text(field_bytes(block, tar_field::checksum));
    const auto first = sum.find_first_not_of(' ');
    std::int64_t wanted = 0;
    if (first == std::string_view::npos ||
        std::from_chars(sum.data() + first, sum.data() + sum.size(), wanted, 8).ec != std::errc()) {
        return false;
    }
    std::int64_t as_unsigned = 0;
    std::int64_t as_signed = 0;
    for (std::size_t i = 0; i < tar_block; ++i) {
        const auto in_sum = i - tar_field::checksum.offset < tar_field::checksum.size;
        const auto byte = in_sum ? std::uint8_t{' '} : std::to_integer<std::uint8_t>(block[i]);
        as_unsigned += byte;
        as_signed += static_cast<std::int8_t>(byte);
    }
    return wanted == as_unsigned || wanted == as_signed;
}

PaxRecords parse_pax(ConstBytes bytes) {
    PaxRecords records;
    auto rest = as_text(bytes);
    while (!rest.empty()) {
        const auto space = rest.find(' ');
        if (space == std::string_view::npos) {
            damaged("PAX header");
        }
        const auto length = parse_decimal(rest.substr(0, space), "PAX header");
        if (length > rest.size() || length < space + 3 || rest[length - 1] != '\n') {
            damaged("PAX header");
        }
        const auto record = rest.substr(space + 1, length - space - 2);
        const auto equals = record.find('=');
        if (equals == std::string_view::npos) {
            damaged("PAX header");
        }
        records.emplace_back(record.substr(0, equals), record.substr(equals + 1));
        rest.remove_prefix(length);
    }
    return records;
}

void append_pax(std::string& to, std::string_view key, std::string_view value) {
    // The length counts its own digits.
    const auto rest = key.size() + value.size() + 3;
    auto length = rest + 1;
    while (rest + std::to_string(length).size() != length) {
        ++length;
    }
    to += fmt::format("{} {}={}\n", length, key, value);
}

std::uint64_t parse_decimal(std::string_view text, std::string_view what) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        damaged(what);
    }
    return number;
}

tree::Time parse_pax_time(std::string_view text) {
    const auto point = text.find('.');
    const auto is_negative = text.starts_with('-');
    const auto whole = text.substr(is_negative ? 1 : 0, point - (is_negative ? 1 : 0));
    const auto seconds = static_cast<std::int64_t>(parse_decimal(whole, "time"));
    std::string digits(point == std::string_view::npos ? "" : text.substr(point + 1));
    digits.resize(nanosecond_digits, '0');
    const auto fraction = static_cast<std::int64_t>(parse_decimal(digits, "time"));
    if (seconds < 0) {
        damaged("time");
    }
    if (!is_negative) {
        return {seconds, static_cast<std::uint32_t>(fraction)};
    }
    return fraction == 0
               ? tree::Time{-seconds, 0}
               : tree::Time{
                     -seconds - 1, static_cast<std::uint32_t>(nanoseconds_a_second - fraction)};
}

std::string pax_time(const tree::Time& time) {
    const auto is_negative = time.seconds < 0;
    auto seconds = time.seconds;
    std::int64_t fraction = time.nanoseconds;
    if (is_negative && fraction > 0) {
        ++seconds;
        fraction = nanoseconds_a_second - fraction;
    }
    auto text = fmt::format("{}{}", is_negative ? "-" : "", is_negative ? -seconds : seconds);
    if (fraction > 0) {
        text += fmt::format(".{:09}", fraction);
        text.resize(text.find_last_not_of('0') + 1);
    }
    return text;
}

std::string encode_xattr_name(std::string_view name) {
    std::string key;
    for (const auto letter : name) {
        key += letter == '=' ? "%3D" : letter == '%' ? "%25" : std::string(1, letter);
    }
    return key;
}

std::string decode_xattr_name(std::string_view key) {
    std::string name;
    while (!key.empty()) {
        const auto is_escape = key.starts_with("%3D") || key.starts_with("%25");
        name += is_escape ? (key[1] == '3' ? '=' : '%') : key[0];
        key.remove_prefix(is_escape ? 3 : 1);
    }
    return name;
}

std::string decode_percent(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        std::uint8_t byte = 0;
        const auto is_escape =
            text.size() >= 3 && text[0] == '%' &&
            std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3;
        decoded += is_escape ? static_cast<char>(byte) : text[0];
        text.remove_prefix(is_escape ? 3 : 1);
    }
    return decoded;
}

std::string decode_base64(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string decoded;
    std::uint32_t bits = 0;
    std::uint32_t count = 0;
    for (const auto letter : text.substr(0, text.find('='))) {
        const auto value = alphabet.find(letter);
        if (value == std::string_view::npos) {
            damaged("extended attribute");
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            decoded += static_cast<char>((bits >> count) & 0xffU);
        }
    }
    return decoded;
}

} // namespace slipway::formats
