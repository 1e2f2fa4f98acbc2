// Signatures of commits, as commands make and show them (docs/format/signatures.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/command.h"
#include "cli/places.h"
#include "trust/approval.h"

namespace slipway::cli {

/// `-S, --sign KEY`, of commands that make commits.
Option sign_option();

/// `--allowed-signers FILE`, `--revoked FILE` and `--keys FILE`.
std::vector<Option> signer_options();

/// Who may sign: as these options say, else the signers of the repository's keys. Nothing if there
/// are neither.
std::optional<trust::AllowedSigners>
allowed_signers(const Invocation& invocation, sync::View& view);

/// The commit's own bytes: what is signed.
Buffer commit_bytes(const Contents& contents, const Digest& commit);

/// Signs the commits with the key of --sign and stores the signatures; without it does nothing.
/// Call it before a branch moves to one of them.
void sign_commits(
    const Invocation& invocation,
    const store::Repository& repository,
    const Contents& contents,
    const std::vector<Digest>& commits
);

/// "ssh-ed25519 SHA256:…", and the certificate if there is one.
std::string signer_text(const trust::Signature& signature);

/// One signature of a commit, and what is to be thought of it.
struct Judgement {
    std::string signer;           ///< signer_text(); empty if it cannot be read
    std::string principals;       ///< empty without a list of allowed signers
    std::optional<Error> refusal; ///< why it does not count
};

/// What a signature has to be.
struct SignatureDemand {
    const trust::AllowedSigners* signers = nullptr; ///< null: anybody
    std::optional<std::int64_t> time;               ///< nothing: the commit's own
    std::string principal;                          ///< empty: any
};

/// Each signature of the commit.
std::vector<Judgement>
judge_signatures(sync::View& view, const NamedCommit& named, const SignatureDemand& demand);

/// "signed by …" lines, or "not signed".
std::string text_of(const std::vector<Judgement>& judgements);

nlohmann::json json_of(const std::vector<Judgement>& judgements);

} // namespace slipway::cli
