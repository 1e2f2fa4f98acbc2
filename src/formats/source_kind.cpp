#include "formats/source_kind.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "formats/tar_format.h"

namespace slipway::formats {

namespace {

using namespace std::string_view_literals;

struct Magic {
    std::size_t offset = 0;
    std::string_view bytes;
    SourceKind kind = SourceKind::unknown;
};

// A hybrid live medium begins as a disk; so its own magic comes first.
constexpr std::array magics{
    Magic{32769, "CD001"sv, SourceKind::iso9660},
    Magic{0, "hsqs"sv, SourceKind::squashfs},
    Magic{1024, "\xe2\xe1\xf5\xe0"sv, SourceKind::erofs},
    Magic{0, "070701"sv, SourceKind::cpio},
    Magic{0, "070702"sv, SourceKind::cpio},
    Magic{0, "070707"sv, SourceKind::cpio},
    Magic{0, "\x1f\x8b"sv, SourceKind::compressed},
    Magic{0, "\x1f\x9d"sv, SourceKind::compressed},
    Magic{0, "BZh"sv, SourceKind::compressed},
    Magic{
        0,
        "\xfd"
        "7zXZ\0"sv,
        SourceKind::compressed},
    Magic{0, "\x28\xb5\x2f\xfd"sv, SourceKind::compressed},
    Magic{0, "\x04\x22\x4d\x18"sv, SourceKind::compressed},
    Magic{0, "\x02\x21\x4c\x18"sv, SourceKind::compressed}, // lz4, as kernels have it
    Magic{0, "LZIP"sv, SourceKind::compressed},
    Magic{0, "\x5d\0\0"sv, SourceKind::compressed}, // lzma
};

/// Known, and no source.
struct Foreign {
    std::size_t offset = 0;
    std::string_view bytes;
    std::string_view what;
    std::string_view hint;
};

constexpr std::array foreigners{
    Foreign{0, "QFI\xfb"sv, "a qcow2 disk image", "qemu-nbd --read-only gives its partitions"},
    Foreign{0, "KDMV"sv, "a VMDK disk image", "qemu-nbd --read-only gives its partitions"},
    Foreign{0, "vhdxfile"sv, "a VHDX disk image", "qemu-nbd --read-only gives its partitions"},
    Foreign{
        512,
        "EFI PART"sv,
        "a disk with partitions",
        "losetup -P gives its partitions; import one of those"},
    Foreign{
        0,
        "sqsh"sv,
        "a squashfs image of other machines (big-endian)",
        "unpack it with unsquashfs"},
    Foreign{0, "XFSB"sv, "an XFS image", "mount it and import the directory"},
    Foreign{65600, "_BHRfS_M"sv, "a btrfs image", "mount it and import the directory"},
    Foreign{0, "\x89LZO\0"sv, "compressed by lzop", "unpack it with lzop -d"},
    Foreign{
        0,
        "PK\x03\x04"sv,
        "a zip archive",
        "it keeps no owners: unpack it and import the directory"},
    Foreign{
        0,
        "7z\xbc\xaf\x27\x1c"sv,
        "a 7z archive",
        "it keeps no owners: unpack it and import the directory"},
    Foreign{
        0,
        "!<arch>\n"sv,
        "an ar archive",
        "of a Debian package, dpkg-deb --fsys-tarfile gives the tar"},
    Foreign{0, "\xed\xab\xee\xdb"sv, "an RPM package", "rpm2cpio gives the cpio archive"},
    Foreign{
        510,
        "\x55\xaa"sv,
        "a disk with partitions",
        "losetup -P gives its partitions; import one of those"},
};

bool has(ConstBytes beginning, std::size_t offset, std::string_view bytes) {
    return beginning.size() >= offset + bytes.size() &&
           as_text(beginning.subspan(offset, bytes.size())) == bytes;
}

} // namespace

SourceKind recognise(ConstBytes beginning) {
    if (beginning.size() >= tar_block && is_tar_header(beginning.first(tar_block))) {
        return SourceKind::tar;
    }
    for (const auto& magic : magics) {
        if (has(beginning, magic.offset, magic.bytes)) {
            return magic.kind;
        }
    }
    if (has(beginning, 1024 + 56, "\x53\xef"sv)) {
        return SourceKind::ext;
    }
    for (const auto& [offset, bytes, what, hint] : foreigners) {
        if (has(beginning, offset, bytes)) {
            throw Error(Fault::refused, fmt::format("this is {}", what)).hint(std::string(hint));
        }
    }
    return SourceKind::unknown;
}

} // namespace slipway::formats
