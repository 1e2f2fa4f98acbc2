#include "trust/allowed_signers.h"

#include <algorithm>

#include "trust/lines.h"
#include "trust/patterns.h"
#include "trust/times.h"

namespace slipway::trust {

namespace {

constexpr std::string_view blanks = " \t";

/// Cuts off `text` what stands before the first of `ends` outside of double quotes.
std::string_view take_word(std::string_view& text, std::string_view ends) {
    std::size_t at = 0;
    for (bool is_quoted = false; at < text.size(); ++at) {
        if (text[at] == '\\' && is_quoted && at + 1 < text.size() && text[at + 1] == '"') {
            at += 1;
        } else if (text[at] == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && ends.find(text[at]) != std::string_view::npos) {
            break;
        }
    }
    const auto word = text.substr(0, at);
    text.remove_prefix(at);
    return word;
}

/// The text between double quotes, `\"` being one.
std::string unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
        throw Error(Fault::corrupt, fmt::format("{} is not in double quotes", printable(text)));
    }
    text = text.substr(1, text.size() - 2);
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"') {
            at += 1;
        } else if (text[at] == '"') {
            throw Error(Fault::corrupt, "a double quote stands alone");
        }
        plain += text[at];
    }
    return plain;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (auto& letter : lower) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return lower;
}

void set_time(
    AllowedSigner& line,
    std::optional<std::int64_t> AllowedSigner::*time,
    std::string_view name,
    std::string_view value
) {
    if (line.*time) {
        throw Error(Fault::corrupt, fmt::format("{} is given twice", name));
    }
    const auto text = unquoted(value);
    line.*time = parse_time(text);
    line.has_local_times = line.has_local_times || !text.ends_with('Z');
}

/// "namespaces="…"" and the like.
void read_option(std::string_view option, AllowedSigner& line) {
    const auto equals = option.find('=');
    const auto name = lower_case(option.substr(0, equals));
    const auto value = equals == std::string_view::npos ? "" : option.substr(equals + 1);
    if (name == "cert-authority" && equals == std::string_view::npos) {
        line.role = Role::authority;
    } else if (name == "namespaces") {
        if (!line.namespaces.empty()) {
            throw Error(Fault::corrupt, "namespaces is given twice");
        }
        line.namespaces = unquoted(value);
        if (line.namespaces.empty()) {
            throw Error(Fault::corrupt, "namespaces is empty");
        }
    } else if (name == "valid-after") {
        set_time(line, &AllowedSigner::valid_after, name, value);
    } else if (name == "valid-before") {
        set_time(line, &AllowedSigner::valid_before, name, value);
    } else {
        throw Error(Fault::corrupt, fmt::format("'{}' is no option", printable(name)))
            .hint("there are cert-authority, namespaces, valid-after and valid-before");
    }
}

void read_options(std::string_view options, AllowedSigner& line) {
    while (true) {
        read_option(take_word(options, ","), line);
        if (options.empty()) {
            break;
        }
        options.remove_prefix(1);
    }
    if (line.valid_after && line.valid_before && *line.valid_before <= *line.valid_after) {
        throw Error(Fault::corrupt, "valid-before is not later than valid-after");
    }
}

/// True if `text` begins as a key does, not as options.
bool begins_with_key(std::string_view text) {
    const auto word = text.substr(0, text.find_first_of(blanks));
    return word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-");
}

AllowedSigner parse_line(std::string_view text) {
    AllowedSigner line;
    const auto principals = take_word(text, blanks);
    line.principals = principals.starts_with('"') ? unquoted(principals) : std::string(principals);
    text = trimmed(text);
    if (!begins_with_key(text)) {
        read_options(take_word(text, blanks), line);
    }
    line.key = PublicKey::parse_line(text);
    return line;
}

/// What a signature is measured by.
struct Question {
    const Signature& signature;
    std::string_view name_space;
    std::int64_t time = 0;
    std::string_view principal; ///< empty: any
};

bool is_about(const AllowedSigner& line, const Signature& signature) {
    if (line.role == Role::signer) {
        return !signature.certificate && line.key == signature.key;
    }
    return signature.certificate && line.key == signature.certificate->authority;
}

Error refused(const Signature& signature, const std::string& why) {
    return {Fault::refused, fmt::format("the key {} {}", signature.key.fingerprint(), why)};
}

/// The principals a line gives to the signer; empty if there are none.
std::string principals_of(const AllowedSigner& line, const Question& question) {
    const auto principal = question.principal;
    if (line.role == Role::signer) {
        if (principal.empty()) {
            return line.principals;
        }
        return matches_list(principal, line.principals) ? std::string(principal) : std::string();
    }
    std::string principals;
    for (const auto& name : question.signature.certificate->principals) {
        if ((principal.empty() || name == principal) && matches_list(name, line.principals)) {
            principals += (principals.empty() ? "" : ",") + name;
        }
    }
    return principals;
}

/// Why the line's options do not allow it; nothing if they do.
std::optional<Error> objection_of(const AllowedSigner& line, const Question& question) {
    const auto& [signature, name_space, time, principal] = question;
    const auto at = [](std::int64_t when) { return time_text(static_cast<std::uint64_t>(when)); };
    if (line.role == Role::authority) {
        if (auto objection = objection_to(*signature.certificate, time)) {
            return objection;
        }
    }
    if (!line.namespaces.empty() && !matches_list(name_space, line.namespaces)) {
        return refused(signature, fmt::format("is not allowed for the namespace '{}'", name_space));
    }
    if (line.valid_after && time < *line.valid_after) {
        return refused(
            signature,
            fmt::format("is not yet valid at {}: it is from {}", at(time), at(*line.valid_after))
        );
    }
    if (line.valid_before && time > *line.valid_before) {
        return refused(
            signature,
            fmt::format("has expired by {}: it was until {}", at(time), at(*line.valid_before))
        );
    }
    return std::nullopt;
}

Error no_principal(const Question& question) {
    return refused(
        question.signature,
        question.principal.empty()
            ? "has a certificate for none of the principals that are allowed"
            : fmt::format("is not allowed for '{}'", printable(question.principal))
    );
}

Error unknown_signer(const Signature& signature) {
    if (signature.certificate) {
        return refused(
            signature,
            fmt::format(
                "has a certificate of {}, which is no authority that is allowed",
                signature.certificate->authority.fingerprint()
            )
        );
    }
    return refused(signature, "is not among the allowed signers");
}

} // namespace

AllowedSigners AllowedSigners::parse(std::string_view text) {
    AllowedSigners signers;
    for_each_line(text, "allowed signers", [&](std::string_view line) {
        signers.add(parse_line(line));
    });
    return signers;
}

Signer AllowedSigners::verify(
    const Signature& signature,
    ConstBytes message,
    std::string_view name_space,
    std::int64_t time,
    std::string_view principal
) const {
    check_signature(signature, message, name_space);
    revoked_.check(signature);
    const Question question{signature, name_space, time, principal};
    std::optional<Error> objection; // the first: another line may allow it all the same
    for (const auto& line : lines_) {
        if (!is_about(line, signature)) {
            continue;
        }
        auto found = objection_of(line, question);
        auto principals = principals_of(line, question);
        if (!found && principals.empty()) {
            found = no_principal(question);
        }
        if (!found) {
            return {std::move(principals), signature.key};
        }
        if (!objection) {
            objection = std::move(found);
        }
    }
    throw objection ? *objection : unknown_signer(signature);
}

} // namespace slipway::trust
