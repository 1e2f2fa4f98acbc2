#include "cli/keys_actions.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>
#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/keys_draft.h"
#include "cli/keys_text.h"
#include "cli/output.h"
#include "cli/places.h"
#include "store/heads.h"
#include "trust/allowed_signers.h"
#include "trust/ssh_keygen.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t longest_file = 1U << 20U;

store::Repository open_repository(const Invocation& invocation, store::Access access) {
    return {local_repository(invocation), access};
}

std::size_t number_of(const std::string& text, std::size_t least) {
    std::size_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    if (text.empty() || result.ec != std::errc() || result.ptr != end || number < least) {
        throw Error(Fault::usage, fmt::format("'{}' is no number from {} on", text, least));
    }
    return number;
}

void tell_draft(
    const Invocation& invocation, const trust::SignedKeySet& draft, const SigningRoots& signing
) {
    const auto signers =
        trust::signers_among(draft.document, trust::key_set_namespace, signing.roots);
    if (invocation.json) {
        auto json = keys_json(draft);
        json["signed_by_roots"] = signers.size();
        json["needed"] = signing.threshold;
        print(json_text(json));
        return;
    }
    print(fmt::format(
        "{}draft: signed by {} of the {} needed\n",
        keys_text(draft),
        signers.size(),
        counted(signing.threshold, "root key")
    ));
}

/// A policy may ask for somebody who is still to come; more often the name is misspelt.
void tell_unknown_principals(const Invocation& invocation, const trust::KeySet& keys) {
    std::vector<std::string> known;
    for (const auto& signer : keys.signers) {
        const auto lines = trust::AllowedSigners::parse(signer);
        for (const auto name : split(lines.lines().front().principals, ',')) {
            known.emplace_back(name);
        }
    }
    const auto is_known = [&](const std::string& name) {
        return std::any_of(known.begin(), known.end(), [&](const std::string& pattern) {
            return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
        });
    };
    for (const auto& policy : keys.branches) {
        for (const auto& name : policy.principals) {
            if (name != "*" && !is_known(name)) {
                invocation.reporter->notice(fmt::format(
                    "no signer is '{}', whom the policy of {} asks for",
                    printable(name),
                    printable(policy.pattern)
                ));
            }
        }
    }
}

/// Makes the changed set the draft, unless --dry-run; its signatures are gone.
void put_draft(
    const Invocation& invocation, const store::Repository& repository, const trust::KeySet& keys
) {
    const auto draft = unsigned_draft(keys);
    if (!invocation.flag("dry-run")) {
        KeysDraft(repository).put(draft);
    }
    tell_draft(invocation, draft, signing_roots(repository, keys));
    tell_unknown_principals(invocation, keys);
}

/// Changes the draft, or begins one.
template <typename Change>
int change_draft(const Invocation& invocation, Change change) {
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
    change(keys);
    put_draft(invocation, repository, keys);
    return 0;
}

void write_server_key(const store::Repository& repository, const trust::SigningKey& key) {
    FileReplacement file(repository.paths().server_key(), 0600);
    file.write(as_bytes(key.file("slipway server")));
    file.finish();
}

/// One line of allowed signers: as it is, or of --principal and the key in a file.
std::string signer_line(const Invocation& invocation, const std::string& text) {
    const auto principal = invocation.find("principal");
    if (!principal && text.find_first_of(" \t") == std::string::npos) { // a file, no line
        throw Error(Fault::usage, fmt::format("who signs with the key in {}?", printable(text)))
            .hint(fmt::format("write `slipway keys add signer {} --principal NAME`", text));
    }
    const auto line =
        principal
            ? fmt::format(
                  "{} namespaces=\"slipway-commit\" {}", *principal, read_public_key(text).line()
              )
            : text;
    if (trust::AllowedSigners::parse(line).lines().size() != 1) {
        throw Error(Fault::usage, "a signer is one line, as in a file of allowed signers")
            .hint("or write `slipway keys add signer FILE.pub --principal NAME`");
    }
    return line;
}

void remove_signer(trust::KeySet& keys, const std::string& text) {
    const auto removed = std::erase_if(keys.signers, [&](const std::string& line) {
        const auto signer = trust::AllowedSigners::parse(line).lines().front();
        return line == text || signer.principals == text || signer.key.fingerprint() == text;
    });
    if (removed == 0) {
        throw Error(Fault::not_found, fmt::format("there is no signer '{}'", printable(text)))
            .hint("name one by its principals, its fingerprint or its whole line");
    }
}

/// What add_keys() adds: of which kind, and from where.
void add_to(
    trust::KeySet& keys, const Invocation& invocation, const std::vector<std::string>& what
) {
    if (what[0] == "root") {
        add_key(keys, keys.roots, read_public_key(what[1]));
    } else if (what[0] == "server") {
        add_key(keys, keys.servers, read_public_key(what[1]));
    } else if (what[0] == "signer") {
        keys.signers.push_back(signer_line(invocation, what[1]));
    } else {
        throw Error(Fault::usage, fmt::format("'{}' cannot be added", printable(what[0])))
            .hint("root, server or signer");
    }
}

void remove_policy(trust::KeySet& keys, const std::string& pattern) {
    const auto removed =
        std::erase_if(keys.branches, [&](const auto& policy) { return policy.pattern == pattern; });
    if (removed == 0) {
        throw Error(Fault::not_found, fmt::format("no policy for '{}'", printable(pattern)));
    }
}

void remove_from(trust::KeySet& keys, const std::vector<std::string>& what) {
    if (what[0] == "root") {
        remove_key(keys.roots, find_key(keys, what[1]));
    } else if (what[0] == "server") {
        remove_key(keys.servers, find_key(keys, what[1]));
    } else if (what[0] == "signer") {
        remove_signer(keys, what[1]);
    } else if (what[0] == "policy") {
        remove_policy(keys, what[1]);
    } else {
        throw Error(Fault::usage, fmt::format("'{}' cannot be removed", printable(what[0])))
            .hint("root, server, signer or policy");
    }
}

/// The signature that is to be added: made by ssh-keygen, or brought in a file.
Buffer signature_of(const Invocation& invocation, const trust::SignedText& document) {
    if (const auto file = invocation.find("signature")) {
        return trust::unarmour(as_text(read_file(*file, longest_file)));
    }
    if (const auto key = invocation.find("key")) {
        return trust::sign_by_ssh_keygen(*key, as_bytes(document.text), trust::key_set_namespace);
    }
    throw Error(Fault::usage, "which key signs?")
        .hint("name it with --key FILE, or bring what `ssh-keygen -Y sign -n slipway-keys` made of "
              "`slipway keys draft --text` with --signature FILE");
}

} // namespace

std::vector<std::string>
words_of(const Invocation& invocation, std::size_t least, std::size_t most, const char* shape) {
    auto given = invocation.all("VALUE");
    if (given.size() < least || given.size() > most) {
        throw Error(Fault::usage, fmt::format("write `slipway keys {}`", shape));
    }
    return given;
}

int init_keys(const Invocation& invocation) {
    const auto files = words_of(invocation, 1, SIZE_MAX, "init FILE.pub...");
    const auto repository = open_repository(invocation, store::Access::read_write);
    if (const auto newest = store::newest_keys(repository.key_sets())) {
        throw Error(
            Fault::refused, fmt::format("there is a key set {} already", newest->keys.sequence)
        )
            .hint("`slipway keys add`, `remove` and so on prepare the next one");
    }
    std::vector<trust::PublicKey> roots;
    for (const auto& file : files) {
        roots.push_back(read_public_key(file));
    }
    const auto threshold = number_of(invocation.value("threshold"), 1);
    const auto known = store::server_key(repository.paths().server_key());
    const auto key = known ? *known : trust::SigningKey::generate();
    const auto keys = first_key_set(std::move(roots), key.public_key(), threshold);
    unsigned_draft(keys); // throws before there is anything to be left behind
    if (!known && !invocation.flag("dry-run")) {
        write_server_key(repository, key);
    }
    put_draft(invocation, repository, keys);
    return 0;
}

int add_keys(const Invocation& invocation) {
    const auto what = words_of(invocation, 2, 2, "add root|server|signer FILE.pub");
    return change_draft(invocation, [&](trust::KeySet& keys) { add_to(keys, invocation, what); });
}

int remove_keys(const Invocation& invocation) {
    const auto what = words_of(invocation, 2, 2, "remove root|server|signer|policy WHICH");
    return change_draft(invocation, [&](trust::KeySet& keys) { remove_from(keys, what); });
}

int revoke_keys(const Invocation& invocation) {
    const auto what = words_of(invocation, 1, 1, "revoke FILE.pub|FINGERPRINT");
    return change_draft(invocation, [&](trust::KeySet& keys) {
        revoke_key(keys, find_key(keys, what[0]));
    });
}

int threshold_of_keys(const Invocation& invocation) {
    const auto what = words_of(invocation, 1, 1, "threshold N");
    return change_draft(invocation, [&](trust::KeySet& keys) {
        keys.threshold = number_of(what[0], 1);
    });
}

int policy_of_keys(const Invocation& invocation) {
    const auto what = words_of(invocation, 2, SIZE_MAX, "policy PATTERN N [PRINCIPAL...]");
    return change_draft(invocation, [&](trust::KeySet& keys) {
        set_policy(keys, {what[0], number_of(what[1], 0), {what.begin() + 2, what.end()}});
    });
}

int draft_of_keys(const Invocation& invocation) {
    words_of(invocation, 0, 0, "draft");
    const auto repository = open_repository(invocation, store::Access::read_only);
    const auto draft = KeysDraft(repository).need();
    if (invocation.flag("text")) {
        print(draft.document.text);
    } else {
        tell_draft(invocation, draft, signing_roots(repository, draft.keys));
    }
    return 0;
}

int sign_keys(const Invocation& invocation) {
    words_of(invocation, 0, 0, "sign --key FILE");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto draft = KeysDraft(repository).need();
    const auto signing = signing_roots(repository, draft.keys);
    auto blob = signature_of(invocation, draft.document);
    const auto signature = trust::decode_signature(blob);
    trust::check_signature(signature, as_bytes(draft.document.text), trust::key_set_namespace);
    if (std::find(signing.roots.begin(), signing.roots.end(), signature.key) ==
        signing.roots.end()) {
        throw Error(
            Fault::refused,
            fmt::format(
                "{} is no root key of the set that must sign this one", signature.key.fingerprint()
            )
        )
            .hint("`slipway keys show` lists the roots");
    }
    const auto known =
        trust::signers_among(draft.document, trust::key_set_namespace, {signature.key});
    if (known.empty()) {
        draft.document.signatures.push_back(std::move(blob));
    }
    if (!invocation.flag("dry-run")) {
        KeysDraft(repository).put(draft);
    }
    tell_draft(invocation, draft, signing);
    return 0;
}

int publish_keys(const Invocation& invocation) {
    words_of(invocation, 0, 0, "publish");
    const auto repository = open_repository(invocation, store::Access::read_write);
    const auto draft = KeysDraft(repository).need();
    const auto newest = store::newest_keys(repository.key_sets());
    trust::check_step(newest ? &*newest : nullptr, draft);
    const auto dry_run = invocation.flag("dry-run");
    if (!dry_run) {
        repository.key_sets().add(
            static_cast<std::int64_t>(draft.keys.sequence), encode(draft.document)
        );
        KeysDraft(repository).discard();
    }
    if (invocation.json) {
        print(json_text(
            {{"sequence", draft.keys.sequence},
             {"name", draft.name().hex()},
             {"published", !dry_run}}
        ));
    } else {
        print(fmt::format(
            "key set {} {} published: {}\n",
            draft.keys.sequence,
            dry_run ? "would be" : "is",
            draft.name().hex()
        ));
    }
    const auto key = store::server_key(repository.paths().server_key());
    if (!dry_run && key && store::names_server(draft.keys, key->public_key())) {
        store::make_statements(
            repository.state(),
            *key,
            {.now = std::time(nullptr), .which = store::HeadOptions::Which::all}
        );
    }
    return 0;
}

int discard_keys(const Invocation& invocation) {
    words_of(invocation, 0, 0, "discard");
    const auto repository = open_repository(invocation, store::Access::read_write);
    const KeysDraft draft(repository);
    draft.need();
    if (!invocation.flag("dry-run")) {
        draft.discard();
        invocation.reporter->notice("the draft is gone; the newest key set stays");
    }
    return 0;
}

} // namespace slipway::cli
