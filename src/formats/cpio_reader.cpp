#include "formats/cpio_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"
#include "formats/source_kind.h"

namespace slipway::formats {

namespace {

constexpr std::size_t magic_bytes = 6;
constexpr std::size_t newc_bytes = 110;
constexpr std::size_t newc_alignment = 4;
constexpr std::size_t portable_bytes = 76;
constexpr std::uint64_t longest_path = 65536;
constexpr std::size_t most_inners = 4;
constexpr std::size_t transfer_bytes = 256U << 10U;
constexpr std::string_view end_mark = "TRAILER!!!";

[[noreturn]] void corrupt(std::string_view after, std::string_view what) {
    throw Error(
        Fault::corrupt,
        after.empty() ? fmt::format("the cpio archive {}", what)
                      : fmt::format("the cpio archive {} after {}", what, printable(after))
    );
}

std::uint64_t padding_of(std::uint64_t size) {
    return (newc_alignment - size % newc_alignment) % newc_alignment;
}

char type_of(std::uint32_t mode, std::string_view name) {
    switch (mode & S_IFMT) {
    case S_IFREG:
        return '0';
    case S_IFLNK:
        return '2';
    case S_IFCHR:
        return '3';
    case S_IFBLK:
        return '4';
    case S_IFDIR:
        return '5';
    case S_IFIFO:
        return '6';
    case S_IFSOCK:
        return 's';
    default:
        throw Error(
            Fault::corrupt,
            fmt::format("cpio member {} has the impossible mode {:o}", printable(name), mode)
        );
    }
}

/// The fields of a header, one after another.
class Fields {
public:
    Fields(std::string_view text, int base, std::string_view after)
        : rest_(text), base_(base), after_(after) {}

    std::uint64_t next(std::size_t digits) {
        std::uint64_t number = 0;
        const auto* const end = rest_.data() + digits;
        const auto [stop, error] = std::from_chars(rest_.data(), end, number, base_);
        if (error != std::errc() || stop != end) {
            corrupt(after_, "is damaged");
        }
        rest_.remove_prefix(digits);
        return number;
    }

    std::uint32_t small(std::size_t digits) { return static_cast<std::uint32_t>(next(digits)); }

private:
    std::string_view rest_;
    int base_;
    std::string_view after_;
};

} // namespace

std::string CpioReader::read_text(std::size_t size) {
    std::string text(size, '\0');
    if (read_fully(*source_, std::as_writable_bytes(std::span(text))) != size) {
        corrupt(name_, "is cut off");
    }
    return text;
}

void CpioReader::skip(std::uint64_t size) {
    Buffer buffer(std::min<std::uint64_t>(size, transfer_bytes));
    while (size > 0) {
        const auto part = Bytes(buffer).first(std::min<std::uint64_t>(size, buffer.size()));
        if (read_fully(*source_, part) != part.size()) {
            corrupt(name_, "is cut off");
        }
        size -= part.size();
    }
}

/// Passes over zeros, and into what is compressed; false at the end of it all.
bool CpioReader::find_archive() {
    while (true) {
        const auto ahead = source_->peek(recognised_bytes);
        const auto first =
            std::ranges::find_if(ahead, [](std::byte byte) { return byte != std::byte{0}; });
        const auto zeros = static_cast<std::size_t>(first - ahead.begin());
        if (zeros > 0) {
            if (!began_) {
                corrupt(name_, "begins with zeros");
            }
            skip(zeros);
            continue;
        }
        if (ahead.empty()) {
            return false;
        }
        if (recognise(ahead) == SourceKind::cpio) {
            return true;
        }
        if (recognise(ahead) != SourceKind::compressed || inners_.size() == most_inners) {
            corrupt(name_, began_ ? "is followed by something else" : "is none");
        }
        inners_.push_back(std::make_unique<Inner>(*source_));
        source_ = &inners_.back()->peeked;
    }
}

CpioReader::Header CpioReader::parse_newc(const std::string& text) {
    Fields fields(std::string_view(text).substr(magic_bytes), 16, name_);
    constexpr std::size_t digits = 8;
    Header header;
    auto& member = header.member;
    const auto inode = fields.next(digits);
    header.mode = fields.small(digits);
    member.uid = fields.small(digits);
    member.gid = fields.small(digits);
    header.links = fields.small(digits);
    member.mtime.seconds = static_cast<std::int64_t>(fields.next(digits));
    member.size = fields.next(digits);
    const auto major = fields.next(digits);
    const auto minor = fields.next(digits);
    header.inode = {major, minor, inode};
    member.device_major = fields.small(digits);
    member.device_minor = fields.small(digits);
    header.name_bytes = fields.next(digits);
    const auto sum = fields.small(digits);
    checksum_ = text.starts_with("070702") ? std::optional(sum) : std::nullopt;
    return header;
}

CpioReader::Header CpioReader::parse_portable(const std::string& text) {
    Fields fields(std::string_view(text).substr(magic_bytes), 8, name_);
    constexpr std::size_t digits = 6;
    constexpr std::size_t long_digits = 11;
    Header header;
    auto& member = header.member;
    const auto device = fields.next(digits);
    header.inode = {0, device, fields.next(digits)};
    header.mode = fields.small(digits);
    member.uid = fields.small(digits);
    member.gid = fields.small(digits);
    header.links = fields.small(digits);
    const auto number = fields.small(digits);
    member.device_major = number >> 8U;
    member.device_minor = number & 0xffU;
    member.mtime.seconds = static_cast<std::int64_t>(fields.next(long_digits));
    header.name_bytes = fields.next(digits);
    member.size = fields.next(long_digits);
    checksum_.reset();
    return header;
}

CpioReader::Header CpioReader::read_header() {
    auto text = read_text(magic_bytes);
    const auto is_portable = text == "070707";
    if (!is_portable && text != "070701" && text != "070702") {
        corrupt(name_, "is damaged");
    }
    const auto header_bytes = is_portable ? portable_bytes : newc_bytes;
    text += read_text(header_bytes - magic_bytes);
    auto header = is_portable ? parse_portable(text) : parse_newc(text);
    auto& member = header.member;
    if (header.name_bytes == 0 || header.name_bytes > longest_path) {
        corrupt(name_, "is damaged");
    }
    member.path = read_text(header.name_bytes);
    if (member.path.back() != '\0') {
        corrupt(name_, "is damaged");
    }
    member.path.pop_back();
    left_ = member.size;
    padding_ = is_portable ? 0 : padding_of(member.size);
    if (!is_portable) {
        skip(padding_of(header_bytes + header.name_bytes));
    }
    return header;
}

std::optional<Member> CpioReader::next() {
    skip(std::exchange(left_, 0) + std::exchange(padding_, 0));
    while (true) {
        if (!inside_) {
            if (!find_archive()) {
                return std::nullopt;
            }
            inside_ = true;
            began_ = true;
        }
        auto header = read_header();
        if (header.member.path != end_mark) {
            name_ = header.member.path;
            return finished(std::move(header));
        }
        inside_ = false;
        linked_.clear();
        skip(std::exchange(left_, 0) + std::exchange(padding_, 0));
    }
}

/// The member, with what its type and its other names make of it.
std::optional<Member> CpioReader::finished(Header header) {
    auto& member = header.member;
    member.mode = header.mode & 07777U;
    member.type = type_of(header.mode, member.path);
    if (member.type == '2') {
        if (member.size > tree::longest_target) {
            corrupt(name_, "has too long a symbolic link");
        }
        member.link = read_text(std::exchange(left_, 0));
        checksum_.reset();
    }
    if (member.type != '0') {
        member.size = 0;
    }
    if (header.links > 1 && member.type != '5') {
        const auto [known, is_new] = linked_.emplace(header.inode, member.path);
        if (!is_new) {
            member.type = '1';
            member.link = known->second;
        }
    }
    return std::move(member);
}

void CpioReader::read_payload(tree::Ingest::Feed& feed) {
    Buffer buffer(std::min<std::uint64_t>(left_, transfer_bytes));
    std::uint32_t sum = 0;
    while (left_ > 0) {
        const auto part = Bytes(buffer).first(std::min<std::uint64_t>(left_, buffer.size()));
        if (read_fully(*source_, part) != part.size()) {
            corrupt(name_, "is cut off");
        }
        if (checksum_) {
            for (const auto byte : part) {
                sum += std::to_integer<std::uint32_t>(byte);
            }
        }
        feed.data(part);
        left_ -= part.size();
    }
    if (checksum_ && sum != *checksum_) {
        corrupt(name_, "has a wrong checksum");
    }
}

} // namespace slipway::formats
