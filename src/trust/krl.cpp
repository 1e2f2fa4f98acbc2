#include "trust/krl.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "trust/wire.h"

namespace slipway::trust {

namespace {

constexpr std::string_view magic{"SSHKRL\n\0", 8};
constexpr std::string_view what = "the revocation list";
constexpr std::uint32_t version = 1;
constexpr unsigned bits_of_byte = 8;

enum class Section : std::uint8_t {
    certificates = 1,
    keys = 2,
    sha1_fingerprints = 3,
    signature = 4,
    sha256_fingerprints = 5,
    extension = 255,
};

enum class CertificateSection : std::uint8_t {
    serials = 0x20,
    serial_range = 0x21,
    serial_bitmap = 0x22,
    ids = 0x23,
    extension = 0x39,
};

/// Something that this program may pass over, if the list says so.
void pass_over_extension(ConstBytes encoded) {
    WireReader reader(encoded, what);
    const auto name = reader.text();
    const auto is_critical = reader.u8() != 0;
    reader.string();
    reader.finish();
    if (is_critical) {
        throw reader.wrong(fmt::format("has the extension '{}', which is not known", name));
    }
}

void read_serials(RevokedCertificates& revoked, CertificateSection kind, WireReader& reader) {
    if (kind == CertificateSection::serial_range) {
        const auto first = reader.u64();
        const auto last = reader.u64();
        if (last < first) {
            throw reader.wrong("has a range that ends before it begins");
        }
        revoked.serials.push_back({first, last});
        return;
    }
    if (kind == CertificateSection::serial_bitmap) {
        const auto first = reader.u64();
        revoked.serial_bits.push_back({first, to_buffer(reader.positive_number())});
        return;
    }
    while (!reader.at_end()) {
        const auto serial = reader.u64();
        revoked.serials.push_back({serial, serial});
    }
}

RevokedCertificates read_certificates(ConstBytes encoded) {
    WireReader reader(encoded, what);
    RevokedCertificates revoked;
    if (const auto authority = reader.string(); !authority.empty()) {
        revoked.authority = sha256(authority);
    }
    reader.string(); // reserved
    while (!reader.at_end()) {
        const auto kind = static_cast<CertificateSection>(reader.u8());
        WireReader section(reader.string(), what);
        switch (kind) {
        case CertificateSection::serials:
        case CertificateSection::serial_range:
        case CertificateSection::serial_bitmap:
            read_serials(revoked, kind, section);
            section.finish();
            break;
        case CertificateSection::ids:
            while (!section.at_end()) {
                revoked.ids.emplace(section.text());
            }
            break;
        case CertificateSection::extension:
            pass_over_extension(section.bytes(section.left()));
            break;
        default:
            throw reader.wrong("has a section of certificates of an unknown kind");
        }
    }
    return revoked;
}

/// Calls `use` with each string of a section.
template <typename Use>
void for_each_string(ConstBytes encoded, Use use) {
    for (WireReader reader(encoded, what); !reader.at_end();) {
        use(reader, reader.string());
    }
}

void read_section(RevocationList& list, Section kind, ConstBytes encoded, const WireReader& whole) {
    switch (kind) {
    case Section::certificates:
        list.certificates.push_back(read_certificates(encoded));
        return;
    case Section::keys:
        for_each_string(encoded, [&](const WireReader& /*reader*/, ConstBytes key) {
            list.keys.insert(sha256(key));
        });
        return;
    case Section::sha256_fingerprints:
        for_each_string(encoded, [&](const WireReader& reader, ConstBytes digest) {
            if (digest.size() != sizeof(Digest)) {
                throw reader.wrong("has a fingerprint of a wrong length");
            }
            list.keys.insert(Digest::from_bytes(digest));
        });
        return;
    case Section::sha1_fingerprints:
        for_each_string(encoded, [&](const WireReader& reader, ConstBytes digest) {
            Sha1Digest fixed{};
            if (digest.size() != fixed.size()) {
                throw reader.wrong("has a fingerprint of a wrong length");
            }
            std::copy(digest.begin(), digest.end(), fixed.begin());
            list.keys_by_sha1.insert(fixed);
        });
        return;
    case Section::extension:
        pass_over_extension(encoded);
        return;
    case Section::signature:
        throw whole.wrong("is signed: such lists are not read");
    }
    throw whole.wrong("has a section of an unknown kind");
}

} // namespace

Sha1Digest sha1(ConstBytes data) {
    Sha1Digest digest{};
    auto* const out = static_cast<unsigned char*>(static_cast<void*>(digest.data()));
    if (EVP_Digest(data.data(), data.size(), out, nullptr, EVP_sha1(), nullptr) != 1) {
        throw Error(Fault::internal, "OpenSSL cannot compute SHA-1");
    }
    return digest;
}

bool RevokedCertificates::SerialBits::contain(std::uint64_t serial) const {
    const auto bit = serial - first;
    if (serial < first || bit / bits_of_byte >= bits.size()) {
        return false;
    }
    const auto byte = std::to_integer<unsigned>(bits[bits.size() - 1 - bit / bits_of_byte]);
    return (byte >> (bit % bits_of_byte) & 1U) != 0;
}

bool RevokedCertificates::contain(const Certificate& certificate) const {
    if (authority && *authority != sha256(certificate.authority.blob)) {
        return false;
    }
    const auto serial = certificate.serial;
    const auto is_listed = [&] {
        return std::any_of(serials.begin(), serials.end(), [&](const Serials& range) {
            return range.first <= serial && serial <= range.last;
        });
    };
    const auto has_bit = [&] {
        return std::any_of(serial_bits.begin(), serial_bits.end(), [&](const SerialBits& some) {
            return some.contain(serial);
        });
    };
    // An authority that numbers nothing gives every certificate the serial number 0.
    return ids.contains(certificate.id) || (serial != 0 && (is_listed() || has_bit()));
}

bool is_revocation_list(ConstBytes bytes) {
    return as_text(bytes).starts_with(magic);
}

RevocationList decode_revocation_list(ConstBytes bytes) {
    WireReader reader(bytes, what);
    if (as_text(reader.bytes(magic.size())) != magic) {
        throw reader.wrong("is none");
    }
    if (const auto found = reader.u32(); found != version) {
        throw reader.wrong(fmt::format("is of version {}; this program knows 1", found));
    }
    reader.u64();    // the list's number
    reader.u64();    // when it was made
    reader.u64();    // flags, of which there are none
    reader.string(); // reserved
    reader.string(); // a comment
    RevocationList list;
    while (!reader.at_end()) {
        const auto kind = static_cast<Section>(reader.u8());
        read_section(list, kind, reader.string(), reader);
    }
    return list;
}

} // namespace slipway::trust
