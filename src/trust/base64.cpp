#include "trust/base64.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"

namespace slipway::trust {

namespace {

constexpr std::size_t letters_of_group = 4;
constexpr std::size_t bytes_of_group = 3;
constexpr std::size_t longest_text = 16U << 20U;

const unsigned char* raw(const void* data) {
    return static_cast<const unsigned char*>(data);
}

std::string frame_line(std::string_view which, std::string_view label) {
    return fmt::format("-----{} {}-----", which, label);
}

} // namespace

std::string encode_base64(ConstBytes bytes) {
    const auto groups = (bytes.size() + bytes_of_group - 1) / bytes_of_group;
    std::string text(groups * letters_of_group + 1, '\0'); // OpenSSL writes a NUL
    auto* const out = static_cast<unsigned char*>(static_cast<void*>(text.data()));
    EVP_EncodeBlock(out, raw(bytes.data()), static_cast<int>(bytes.size()));
    text.pop_back();
    return text;
}

Buffer decode_base64(std::string_view text) {
    const Error wrong(Fault::corrupt, "these letters are no base64");
    if (text.size() % letters_of_group != 0 || text.size() > longest_text) {
        throw Error(wrong);
    }
    Buffer bytes(text.size() / letters_of_group * bytes_of_group);
    auto* const out = static_cast<unsigned char*>(static_cast<void*>(bytes.data()));
    if (EVP_DecodeBlock(out, raw(text.data()), static_cast<int>(text.size())) < 0) {
        throw Error(wrong);
    }
    // OpenSSL decodes padding as zeros.
    for (std::size_t at = text.size(); at > 0 && text[at - 1] == '=' && !bytes.empty(); --at) {
        bytes.pop_back();
    }
    if (encode_base64(bytes) != text) {
        throw Error(wrong);
    }
    return bytes;
}

std::string encode_armour(ConstBytes bytes, std::string_view label, std::size_t width) {
    auto text = frame_line("BEGIN", label) + "\n";
    const auto letters = encode_base64(bytes);
    for (std::size_t at = 0; at < letters.size(); at += width) {
        text += letters.substr(at, width) + "\n";
    }
    return text + frame_line("END", label) + "\n";
}

Buffer take_armoured(std::string_view& text, std::string_view label) {
    const auto begin = frame_line("BEGIN", label) + "\n";
    const auto end = "\n" + frame_line("END", label);
    const auto start = trimmed(text);
    if (!start.starts_with(begin)) {
        throw Error(Fault::corrupt, fmt::format("there is no '-----BEGIN {}-----'", label));
    }
    const auto length = start.find(end, begin.size() - 1);
    if (length == std::string_view::npos) {
        throw Error(Fault::corrupt, fmt::format("there is no '-----END {}-----'", label))
            .hint("the file is cut off");
    }
    std::string letters;
    for (const auto letter : start.substr(begin.size(), length - begin.size() + 1)) {
        if (letter != '\n' && letter != '\r' && letter != ' ' && letter != '\t') {
            letters += letter;
        }
    }
    text = start.substr(length + end.size());
    return decode_base64(letters);
}

} // namespace slipway::trust
