#include "cli/signing.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/output.h"
#include "cli/trusting.h"
#include "tree/objects.h"
#include "trust/ssh_keygen.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t longest_list = 16ULL << 20U;

std::string read_text(const std::string& path) {
    return std::string(as_text(read_file(path, longest_list)));
}

/// Throws if the signature does not count.
void judge(
    Judgement& judgement,
    const NamedCommit& named,
    ConstBytes message,
    ConstBytes blob,
    const SignatureDemand& demand
) {
    const auto signature = trust::decode_signature(blob);
    judgement.signer = signer_text(signature);
    if (demand.signers == nullptr) {
        trust::check_signature(signature, message, trust::commit_namespace);
        return;
    }
    const auto time = demand.time.value_or(named.commit.time);
    judgement.principals =
        demand.signers->verify(signature, message, trust::commit_namespace, time, demand.principal)
            .principals;
}

} // namespace

Option sign_option() {
    return {
        .names = "-S,--sign",
        .value = "KEY",
        .help = "Sign the commit: a key's file, or that of a public key whose private half is "
                "beside it or in ssh-agent. Nothing moves if that fails."};
}

std::vector<Option> signer_options() {
    return {
        {.names = "--allowed-signers",
         .value = "FILE",
         .help = "Who may sign, as ssh-keygen(1) describes it under ALLOWED SIGNERS; else the "
                 "signers of the repository's keys."},
        {.names = "--revoked",
         .value = "FILE",
         .help = "Keys that are not believed any more: lines of public keys or SHA256 "
                 "fingerprints, or what `ssh-keygen -k` wrote."},
        keys_option()};
}

std::optional<trust::AllowedSigners>
allowed_signers(const Invocation& invocation, sync::View& view) {
    const auto file = invocation.find("allowed-signers");
    const auto revoked = invocation.find("revoked");
    if (file) {
        auto signers = trust::AllowedSigners::parse(read_text(*file));
        if (revoked) {
            signers.revoke(trust::RevokedKeys::parse(read_text(*revoked)));
        }
        return signers;
    }
    if (revoked) {
        throw Error(Fault::usage, "--revoked needs --allowed-signers");
    }
    const auto keys = believed_keys(invocation, view);
    return keys ? std::optional(trust::allowed_signers_of(*keys)) : std::nullopt;
}

Buffer commit_bytes(const Contents& contents, const Digest& commit) {
    const auto blob = contents.open(commit);
    if (!blob) {
        throw Error(Fault::not_found, fmt::format("commit {} is missing", commit.hex()));
    }
    return read_all(*blob, tree::largest_commit);
}

void sign_commits(
    const Invocation& invocation,
    const store::Repository& repository,
    const Contents& contents,
    const std::vector<Digest>& commits
) {
    const auto key = invocation.find("sign");
    if (!key) {
        return;
    }
    for (const auto& commit : commits) {
        const auto message = commit_bytes(contents, commit);
        const auto signature = trust::sign_by_ssh_keygen(*key, message, trust::commit_namespace);
        repository.signatures().add(commit, signature);
    }
}

std::string signer_text(const trust::Signature& signature) {
    auto text = signature.key.type + " " + signature.key.fingerprint();
    if (signature.certificate) {
        text += fmt::format(", certificate '{}'", printable(signature.certificate->id));
    }
    return text;
}

std::vector<Judgement>
judge_signatures(sync::View& view, const NamedCommit& named, const SignatureDemand& demand) {
    std::vector<Judgement> judgements;
    const auto message = commit_bytes(view, named.id);
    for (const auto& blob : view.signatures(named.id)) {
        auto& judgement = judgements.emplace_back();
        // One that does not count is told of, and takes nothing from the others.
        try {
            judge(judgement, named, message, blob, demand);
        } catch (const Error& error) {
            judgement.refusal = error;
        }
    }
    return judgements;
}

std::string text_of(const std::vector<Judgement>& judgements) {
    if (judgements.empty()) {
        return "not signed\n";
    }
    std::string text;
    for (const auto& [signer, principals, refusal] : judgements) {
        if (refusal) {
            text += fmt::format("refused {}\n", refusal->what());
        } else if (principals.empty()) {
            text += fmt::format("signed by {}\n", signer);
        } else {
            text += fmt::format("signed by {}, {}\n", printable(principals), signer);
        }
    }
    return text;
}

nlohmann::json json_of(const std::vector<Judgement>& judgements) {
    auto list = nlohmann::json::array();
    for (const auto& [signer, principals, refusal] : judgements) {
        auto& entry = list.emplace_back(nlohmann::json{{"good", !refusal}, {"signer", signer}});
        if (!principals.empty()) {
            entry["principals"] = principals;
        }
        if (refusal) {
            entry["refusal"] = refusal->what();
        }
    }
    return list;
}

} // namespace slipway::cli
