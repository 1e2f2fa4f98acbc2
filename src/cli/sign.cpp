#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/signing.h"
#include "trust/ssh_keygen.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t longest_armour = 1ULL << 20U;

/// The agent's only key, as a file that ssh-keygen takes.
std::string key_of_agent(const TemporaryDirectory& scratch) {
    const auto keys = trust::keys_of_agent();
    if (keys.size() != 1) {
        std::string list;
        for (const auto& key : keys) {
            list += "\n  " + key.type + " " + key.fingerprint();
        }
        throw Error(
            Fault::usage,
            fmt::format("ssh-agent holds {} that can sign{}", counted(keys.size(), "key"), list)
        )
            .hint("name one by its public key's file: --key FILE.pub");
    }
    const auto file = scratch.path() / "agent.pub";
    replace_file(file, as_bytes(keys.front().line() + "\n"));
    return file;
}

/// A signature by what the options name.
Buffer make_signature(const Invocation& invocation, ConstBytes message) {
    const auto key = invocation.find("key");
    const auto file = invocation.find("signature");
    const auto by_agent = invocation.flag("agent");
    if ((key ? 1 : 0) + (file ? 1 : 0) + (by_agent ? 1 : 0) != 1) {
        throw Error(Fault::usage, "say by what to sign: --key, --agent or --signature")
            .hint("`slipway help sign` explains them");
    }
    if (file) {
        return trust::unarmour(as_text(read_file(*file, longest_armour)));
    }
    const TemporaryDirectory scratch;
    return trust::sign_by_ssh_keygen(
        key ? *key : key_of_agent(scratch), message, trust::commit_namespace
    );
}

int run(const Invocation& invocation) {
    const store::Repository repository(local_repository(invocation), store::Access::read_write);
    const auto view = open_view(invocation);
    const auto named = find_commit_only(*view, invocation.value("COMMIT"));
    const auto message = commit_bytes(repository, named.id);
    const auto blob = make_signature(invocation, message);
    const auto signature = trust::decode_signature(blob);
    trust::check_signature(signature, message, trust::commit_namespace);
    const auto is_new =
        repository.signatures().add(named.id, blob) == store::Signatures::Added::now;
    const auto signer = signer_text(signature);
    if (invocation.json) {
        print(fmt::format(
            R"({{"commit":"{}","signer":{},"new":{}}})"
            "\n",
            named.id.hex(),
            json_string(signer),
            is_new
        ));
    } else {
        const auto* const already = is_new ? "" : " already";
        print(fmt::format("{} is signed{} by {}\n", short_id(named.id), already, signer));
    }
    return 0;
}

} // namespace

Command sign_command() {
    return {
        .name = "sign",
        .summary = "sign a commit",
        .description =
            "Adds a signature to the commit, beside any others: by a key's file, by ssh-agent, or "
            "one that was made elsewhere. Signatures are those of `ssh-keygen -Y sign`, in the "
            "namespace slipway-commit, of the bytes that `slipway cat COMMIT` prints. ssh-keygen "
            "makes them, so passphrases, FIDO tokens and certificates work as with ssh.",
        .arguments = {{"COMMIT", "Which commit."}},
        .options =
            {{.names = "-k,--key",
              .value = "FILE",
              .help = "A private key, or a public key or certificate whose private half is beside "
                      "it or in ssh-agent."},
             {.names = "--agent", .help = "The only key that ssh-agent holds."},
             {.names = "--signature",
              .value = "FILE",
              .help = "Add the signature in this file, armoured as ssh-keygen writes it."}},
        .examples =
            {"slipway sign stable --key ~/.ssh/id_ed25519",
             "slipway cat stable | ssh-keygen -Y sign -n slipway-commit -f key >sig; "
             "slipway sign stable --signature sig  # the same by hand"},
        .run = run,
    };
}

} // namespace slipway::cli
