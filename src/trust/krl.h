// OpenSSH's binary revocation lists (PROTOCOL.krl), as `ssh-keygen -k` writes them.
//
// Takes hostile bytes. Errors: Fault::corrupt, also for what a newer OpenSSH may put there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "trust/certificate.h"

namespace slipway::trust {

using Sha1Digest = std::array<std::byte, 20>;

/// As old lists name keys.
Sha1Digest sha1(ConstBytes data);

/// Certificates of one authority that are revoked.
struct RevokedCertificates {
    struct Serials {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };

    /// Serial numbers from `first` on, one a bit; the last byte has the first eight, its lowest bit
    /// the first.
    struct SerialBits {
        std::uint64_t first = 0;
        Buffer bits;

        bool contain(std::uint64_t serial) const;
    };

    std::optional<Digest> authority; ///< SHA-256 of its key; nothing: any
    std::vector<Serials> serials;
    std::vector<SerialBits> serial_bits;
    std::set<std::string, std::less<>> ids;

    bool contain(const Certificate& certificate) const;
};

struct RevocationList {
    std::set<Digest> keys; ///< SHA-256 of them
    std::set<Sha1Digest> keys_by_sha1;
    std::vector<RevokedCertificates> certificates;
};

/// True if the bytes begin as a list does.
bool is_revocation_list(ConstBytes bytes);

RevocationList decode_revocation_list(ConstBytes bytes);

} // namespace slipway::trust
