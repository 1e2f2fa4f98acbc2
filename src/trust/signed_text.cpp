#include "trust/signed_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "trust/base64.h"

namespace slipway::trust {

namespace {

constexpr std::string_view signature_word = "signature ";

/// Where the first line that is a signature begins.
std::size_t end_of_text(std::string_view bytes) {
    if (bytes.starts_with(signature_word)) {
        return 0;
    }
    const auto found = bytes.find("\nsignature ");
    return found == std::string_view::npos ? bytes.size() : found + 1;
}

/// True if `signature` is a valid one; a signature that does not match is one that is not there.
bool is_signature_of(
    const Signature& signature, std::string_view text, std::string_view name_space
) {
    try {
        check_signature(signature, as_bytes(text), name_space);
        return true;
    } catch (const Error&) {
        return false;
    }
}

} // namespace

Digest SignedText::name() const {
    return sha256(as_bytes(text));
}

std::string encode(const SignedText& signed_text) {
    auto bytes = signed_text.text;
    for (const auto& signature : signed_text.signatures) {
        bytes += fmt::format("{}{}\n", signature_word, encode_base64(signature));
    }
    return bytes;
}

SignedText decode_signed_text(std::string_view bytes) {
    const auto end = end_of_text(bytes);
    SignedText decoded{std::string(bytes.substr(0, end)), {}};
    auto rest = bytes.substr(end);
    while (!rest.empty()) {
        const auto line_end = rest.find('\n');
        if (!rest.starts_with(signature_word) || line_end == std::string_view::npos) {
            throw Error(Fault::corrupt, "a line under a signed text is no signature");
        }
        if (decoded.signatures.size() == most_signatures) {
            throw Error(
                Fault::corrupt, fmt::format("a text has more than {} signatures", most_signatures)
            );
        }
        auto blob =
            decode_base64(rest.substr(signature_word.size(), line_end - signature_word.size()));
        decode_signature(blob);
        decoded.signatures.push_back(std::move(blob));
        rest.remove_prefix(line_end + 1);
    }
    return decoded;
}

std::vector<PublicKey> signers_among(
    const SignedText& signed_text,
    std::string_view name_space,
    const std::vector<PublicKey>& accepted
) {
    std::vector<PublicKey> signers;
    for (const auto& blob : signed_text.signatures) {
        const auto signature = decode_signature(blob);
        const auto is_accepted =
            std::find(accepted.begin(), accepted.end(), signature.key) != accepted.end();
        const auto is_known =
            std::find(signers.begin(), signers.end(), signature.key) != signers.end();
        if (is_accepted && !is_known && is_signature_of(signature, signed_text.text, name_space)) {
            signers.push_back(signature.key);
        }
    }
    return signers;
}

} // namespace slipway::trust
