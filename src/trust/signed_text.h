// A text with signatures under it: key sets and head statements (docs/format/keys.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "trust/sshsig.h"

namespace slipway::trust {

constexpr std::size_t most_signatures = 64;

struct SignedText {
    std::string text;
    std::vector<Buffer> signatures; ///< SSHSIG, without armour

    /// What the text is called: signatures under it make no difference.
    Digest name() const;

    friend bool operator==(const SignedText&, const SignedText&) = default;
};

std::string encode(const SignedText& signed_text);

/// Splits at the first signature. What the text says is not looked at, signatures are decoded.
/// Throws Fault::corrupt.
SignedText decode_signed_text(std::string_view bytes);

/// The keys of `accepted` that have signed the text for `name_space`, each once. Other signatures
/// do not matter.
std::vector<PublicKey> signers_among(
    const SignedText& signed_text,
    std::string_view name_space,
    const std::vector<PublicKey>& accepted
);

} // namespace slipway::trust
