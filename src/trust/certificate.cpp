#include "trust/certificate.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "trust/key_types.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::size_t most_principals = 256;
constexpr std::string_view what = "the certificate";
constexpr std::string_view verification_option = "verify-required";

std::vector<std::string> read_principals(ConstBytes encoded) {
    std::vector<std::string> principals;
    for (WireReader reader(encoded, what); !reader.at_end();) {
        if (principals.size() == most_principals) {
            throw reader.wrong("has more than 256 principals");
        }
        principals.emplace_back(reader.text());
    }
    return principals;
}

/// The names of options or extensions; they come in order.
std::vector<std::string> read_options(ConstBytes encoded) {
    std::vector<std::string> names;
    for (WireReader reader(encoded, what); !reader.at_end();) {
        names.emplace_back(reader.text());
        reader.string();
        if (names.size() > 1 && names[names.size() - 2] >= names.back()) {
            throw reader.wrong("has options out of order");
        }
    }
    return names;
}

Error refused(const Certificate& certificate, std::string_view why) {
    return {
        Fault::refused,
        fmt::format(
            "the certificate '{}' of {} {}",
            printable(certificate.id),
            certificate.key.fingerprint(),
            why
        )};
}

/// The key of the certificate as a plain one.
PublicKey read_key(WireReader& reader) {
    const auto name = reader.text();
    const auto* const type = find_certificate_type(name);
    if (type == nullptr) {
        throw reader.wrong(fmt::format("has the unknown type '{}'", printable(name)));
    }
    reader.string(); // a nonce
    WireWriter plain;
    plain.string(type->name);
    write_key_fields(*type, read_key_fields(*type, reader), plain);
    return {std::string(type->name), std::move(plain).take()};
}

} // namespace

Certificate Certificate::decode(ConstBytes blob) {
    Certificate certificate;
    WireReader reader(blob, what);
    certificate.blob = to_buffer(blob);
    certificate.key = read_key(reader);
    certificate.serial = reader.u64();
    const auto kind = reader.u32();
    if (kind != static_cast<std::uint32_t>(Kind::user) &&
        kind != static_cast<std::uint32_t>(Kind::host)) {
        throw reader.wrong("is neither a user's nor a host's");
    }
    certificate.kind = static_cast<Kind>(kind);
    certificate.id = reader.text();
    certificate.principals = read_principals(reader.string());
    certificate.valid_after = reader.u64();
    certificate.valid_before = reader.u64();
    certificate.critical_options = read_options(reader.string());
    read_options(reader.string()); // extensions: all that are defined are about logging in
    reader.string();               // reserved
    certificate.authority = PublicKey::decode(reader.string());
    certificate.signed_size = blob.size() - reader.left();
    certificate.signature = to_buffer(reader.string());
    reader.finish();
    return certificate;
}

bool is_certificate(ConstBytes blob) {
    return find_certificate_type(WireReader(blob, "the key").text()) != nullptr;
}

void check_authority(const Certificate& certificate) {
    check_raw_signature(
        certificate.authority,
        certificate.signature,
        ConstBytes(certificate.blob).first(certificate.signed_size)
    );
    for (const auto& option : certificate.critical_options) {
        if (option != verification_option) {
            throw refused(
                certificate, fmt::format("has the critical option '{}'", printable(option))
            )
                .hint("it restricts the certificate to something else than signing");
        }
    }
}

std::optional<Error> objection_to(const Certificate& certificate, std::int64_t time) {
    const auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(time, 0));
    if (certificate.kind != Certificate::Kind::user) {
        return refused(certificate, "is one of a host, not of a user");
    }
    if (certificate.principals.empty()) {
        return refused(certificate, "names no principals");
    }
    if (at < certificate.valid_after) {
        return refused(
            certificate,
            fmt::format(
                "is not yet valid at {}: it is from {}",
                time_text(at),
                time_text(certificate.valid_after)
            )
        );
    }
    if (at >= certificate.valid_before) {
        return refused(
            certificate,
            fmt::format(
                "has expired by {}: it is until {}",
                time_text(at),
                time_text(certificate.valid_before)
            )
        );
    }
    return std::nullopt;
}

bool requires_verification(const Certificate& certificate) {
    const auto& options = certificate.critical_options;
    return std::find(options.begin(), options.end(), verification_option) != options.end();
}

} // namespace slipway::trust
