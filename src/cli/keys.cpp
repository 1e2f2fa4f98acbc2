#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/keys_draft.h"
#include "cli/keys_text.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/trusting.h"
#include "store/heads.h"
#include "trust/allowed_signers.h"
#include "trust/ssh_keygen.h"

namespace slipway::cli {

namespace {

constexpr std::int64_t seconds_a_day = 24 * 60 * 60;
constexpr std::uint64_t most_days = 3650;
constexpr std::uint64_t longest_file = 1U << 20U;

/// What follows the action.
std::vector<std::string>
words(const Invocation& invocation, std::size_t least, std::size_t most, const char* shape) {
    auto given = invocation.all("VALUE");
    if (given.size() < least || given.size() > most) {
        throw Error(Fault::usage, fmt::format("write `slipway keys {}`", shape));
    }
    return given;
}

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

/// Makes the changed set the draft, unless --dry-run; its signatures are gone.
void put_draft(
    const Invocation& invocation, const store::Repository& repository, const trust::KeySet& keys
) {
    const auto draft = unsigned_draft(keys);
    if (!invocation.flag("dry-run")) {
        KeysDraft(repository).put(draft);
    }
    tell_draft(invocation, draft, signing_roots(repository, keys));
}

/// The server's own key: as it is, or a new one, which is kept unless --dry-run.
trust::SigningKey own_key(const Invocation& invocation, const store::Repository& repository) {
    if (auto known = store::server_key(repository.paths().server_key())) {
        return *std::move(known);
    }
    auto key = trust::SigningKey::generate();
    if (!invocation.flag("dry-run")) {
        FileReplacement file(repository.paths().server_key(), 0600);
        file.write(as_bytes(key.file("slipway server")));
        file.finish();
    }
    return key;
}

int init(const Invocation& invocation) {
    const auto files = words(invocation, 1, SIZE_MAX, "init FILE.pub...");
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
    const auto key = own_key(invocation, repository);
    put_draft(
        invocation, repository, first_key_set(std::move(roots), key.public_key(), threshold)
    );
    return 0;
}

int show(const Invocation& invocation) {
    words(invocation, 0, 0, "show");
    const auto view = open_view(invocation);
    const auto bytes = view->key_chain();
    if (bytes.empty()) {
        throw Error(Fault::not_found, "the repository has no keys")
            .hint("nothing in it needs a signature; `slipway keys init` makes the first key set");
    }
    const auto chain = trust::KeyChain::decode(bytes);
    print(invocation.json ? json_text(keys_json(chain.newest())) : keys_text(chain.newest()));
    return 0;
}

/// One line of allowed signers, of `who` and the key if that is in a file.
std::string signer_line(const Invocation& invocation, const std::string& text) {
    const auto principal = invocation.find("principal");
    const auto line =
        principal ? fmt::format(
                        "{} namespaces=\"slipway-commit\" {}",
                        *principal,
                        read_public_key(text).line()
                    )
                  : text;
    if (trust::AllowedSigners::parse(line).lines().size() != 1) {
        throw Error(Fault::usage, "a signer is one line, as in a file of allowed signers")
            .hint("or write `slipway keys add signer FILE.pub --principal NAME`");
    }
    return line;
}

int add(const Invocation& invocation) {
    const auto what = words(invocation, 2, 2, "add root|server|signer FILE.pub");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
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
    put_draft(invocation, repository, keys);
    return 0;
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

int remove(const Invocation& invocation) {
    const auto what = words(invocation, 2, 2, "remove root|server|signer|policy WHICH");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
    if (what[0] == "root") {
        remove_key(keys.roots, find_key(keys, what[1]));
    } else if (what[0] == "server") {
        remove_key(keys.servers, find_key(keys, what[1]));
    } else if (what[0] == "signer") {
        remove_signer(keys, what[1]);
    } else if (what[0] == "policy") {
        if (std::erase_if(keys.branches, [&](const auto& one) { return one.pattern == what[1]; }) ==
            0) {
            throw Error(Fault::not_found, fmt::format("no policy for '{}'", printable(what[1])));
        }
    } else {
        throw Error(Fault::usage, fmt::format("'{}' cannot be removed", printable(what[0])))
            .hint("root, server, signer or policy");
    }
    put_draft(invocation, repository, keys);
    return 0;
}

int revoke(const Invocation& invocation) {
    const auto what = words(invocation, 1, 1, "revoke FILE.pub|FINGERPRINT");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
    revoke_key(keys, find_key(keys, what[0]));
    put_draft(invocation, repository, keys);
    return 0;
}

int threshold(const Invocation& invocation) {
    const auto what = words(invocation, 1, 1, "threshold N");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
    keys.threshold = number_of(what[0], 1);
    put_draft(invocation, repository, keys);
    return 0;
}

int policy(const Invocation& invocation) {
    const auto what = words(invocation, 2, SIZE_MAX, "policy PATTERN N [PRINCIPAL...]");
    const auto repository = open_repository(invocation, store::Access::read_write);
    auto keys = KeysDraft(repository).begin();
    set_policy(keys, {what[0], number_of(what[1], 0), {what.begin() + 2, what.end()}});
    put_draft(invocation, repository, keys);
    return 0;
}

int draft(const Invocation& invocation) {
    words(invocation, 0, 0, "draft");
    const auto repository = open_repository(invocation, store::Access::read_only);
    const auto draft = KeysDraft(repository).need();
    if (invocation.flag("text")) {
        print(draft.document.text);
    } else {
        tell_draft(invocation, draft, signing_roots(repository, draft.keys));
    }
    return 0;
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

int sign(const Invocation& invocation) {
    words(invocation, 0, 0, "sign --key FILE");
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
    const auto known = trust::signers_among(draft.document, trust::key_set_namespace, {signature.key});
    if (known.empty()) {
        draft.document.signatures.push_back(std::move(blob));
    }
    if (!invocation.flag("dry-run")) {
        KeysDraft(repository).put(draft);
    }
    tell_draft(invocation, draft, signing);
    return 0;
}

void sign_heads_with(
    const Invocation& invocation,
    const store::Repository& repository,
    const trust::SigningKey& key,
    store::HeadOptions options
) {
    options.now = std::time(nullptr);
    const auto made = store::make_statements(repository.state(), key, options);
    if (!invocation.json) {
        print(fmt::format("{} signed\n", counted(made, "head statement")));
    }
}

int publish(const Invocation& invocation) {
    words(invocation, 0, 0, "publish");
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
    const auto& servers = draft.keys.servers;
    if (!dry_run && key &&
        std::find(servers.begin(), servers.end(), key->public_key()) != servers.end()) {
        sign_heads_with(
            invocation, repository, *key, {.which = store::HeadOptions::Which::all}
        );
    }
    return 0;
}

int discard(const Invocation& invocation) {
    words(invocation, 0, 0, "discard");
    const auto repository = open_repository(invocation, store::Access::read_write);
    const KeysDraft draft(repository);
    draft.need();
    if (!invocation.flag("dry-run")) {
        draft.discard();
    }
    return 0;
}

int export_chain(const Invocation& invocation) {
    words(invocation, 0, 0, "export");
    const auto view = open_view(invocation);
    const auto bytes = view->key_chain();
    if (bytes.empty()) {
        throw Error(Fault::not_found, "the repository has no keys");
    }
    print(bytes);
    return 0;
}


int trust_keys(const Invocation& invocation) {
    const std::filesystem::path file = words(invocation, 1, 1, "trust FILE").front();
    const auto view = open_view(invocation);
    const auto bytes = view->key_chain();
    if (bytes.empty()) {
        throw Error(Fault::not_found, "the repository has no keys to trust");
    }
    auto chain = trust::KeyChain::decode(bytes);
    std::error_code absent;
    const auto is_first = !std::filesystem::exists(file, absent);
    if (!is_first) {
        auto known = read_chain(file);
        known.follow(chain);
        chain = std::move(known);
    }
    const auto expected = invocation.find("name");
    const auto name = expected ? Digest::parse(*expected) : std::nullopt;
    if (expected && (!name || !chain.contains(*name))) {
        throw Error(Fault::refused, fmt::format("the repository has no key set {}", *expected))
            .hint("`slipway keys show` at its server tells the name");
    }
    if (!invocation.flag("dry-run")) {
        replace_file(file, as_bytes(encode(chain)));
    }
    const auto& newest = chain.newest();
    if (invocation.json) {
        print(json_text(keys_json(newest)));
        return 0;
    }
    print(fmt::format(
        "{} {} key set {}: {}\n",
        file.native(),
        invocation.flag("dry-run") ? "would trust" : "trusts",
        newest.keys.sequence,
        newest.name().hex()
    ));
    if (is_first && !expected) {
        invocation.reporter->notice("compare that name with `slipway keys show` at the server");
    }
    return 0;
}

int sign_heads(const Invocation& invocation) {
    words(invocation, 0, 0, "sign-heads");
    const auto repository = open_repository(invocation, store::Access::read_write);
    const auto file = invocation.find("key");
    const auto key = file ? trust::SigningKey::parse(as_text(read_file(*file, longest_file)))
                          : store::server_key(repository.paths().server_key());
    if (!key) {
        throw Error(
            Fault::not_found,
            fmt::format("there is no {}", repository.paths().server_key().native())
        )
            .hint("name the server's key with --key FILE");
    }
    sign_heads_with(
        invocation,
        repository,
        *key,
        {.lifetime =
             static_cast<std::int64_t>(invocation.number("days", 1, most_days)) * seconds_a_day,
         .which = store::HeadOptions::Which::all}
    );
    return 0;
}

struct Action {
    std::string_view name;
    int (*run)(const Invocation&);
};

constexpr Action actions[] = {
    {"init", init},
    {"show", show},
    {"add", add},
    {"remove", remove},
    {"revoke", revoke},
    {"threshold", threshold},
    {"policy", policy},
    {"draft", draft},
    {"sign", sign},
    {"publish", publish},
    {"discard", discard},
    {"export", export_chain},
    {"trust", trust_keys},
    {"sign-heads", sign_heads},
};

int run(const Invocation& invocation) {
    const auto& name = invocation.value("ACTION");
    const auto* const found = std::find_if(
        std::begin(actions), std::end(actions), [&](const Action& one) { return one.name == name; }
    );
    if (found == std::end(actions)) {
        throw Error(Fault::usage, fmt::format("'{}' is no action of keys", printable(name)))
            .hint("`slipway help keys` lists them");
    }
    return found->run(invocation);
}

} // namespace

Command keys_command() {
    return {
        .name = "keys",
        .summary = "say whose signatures count in a repository",
        .description =
            "A repository may have a key set: root keys, who signs commits, which branches need "
            "signatures, and the server's key, which signs where branches are. It is changed by "
            "publishing the next set, signed by root keys of the one before. Without a key set "
            "nothing is required.\n\n"
            "init FILE.pub... begins with these root keys, and makes the server's key.\n\n"
            "show, export: the newest set; all of them, to be kept elsewhere.\n\n"
            "add root|server|signer FILE.pub, remove root|server|signer|policy WHICH, "
            "revoke FILE.pub|FINGERPRINT, threshold N, policy PATTERN N [PRINCIPAL...] change a "
            "draft of the next set. A signer is a file with --principal, or a line of an allowed "
            "signers file. The pattern is a branch, or the start of names and a *; the principal * "
            "is any signer; N is 0 if no signature is needed.\n\n"
            "draft shows it, sign adds a signature of a root key, publish makes it the newest set, "
            "discard gives it up.\n\n"
            "trust FILE writes the repository's keys to FILE, for --keys on this machine; if "
            "FILE is there, it goes on from the keys in it.\n\n"
            "sign-heads signs where every branch is, as `slipway serve` does by itself.",
        .arguments =
            {{"ACTION", "What to do."}, {"VALUE", "What it is done with.", Count::many}},
        .options =
            {{.names = "--threshold",
              .value = "N",
              .help = "init: how many root keys must sign the next set.",
              .fallback = "1"},
             {.names = "--principal",
              .value = "NAME",
              .help = "add signer: who signs with the key in FILE.pub."},
             {.names = "--key",
              .value = "FILE",
              .help = "sign: the root key, as for ssh-keygen -Y sign. sign-heads: the server's "
                      "key, if it is not in the repository."},
             {.names = "--signature",
              .value = "FILE",
              .help = "sign: a signature that was made elsewhere."},
             {.names = "--text", .help = "draft: only the bytes that are to be signed."},
             {.names = "--days",
              .value = "N",
              .help = "sign-heads: how long the statements are valid.",
              .fallback = "7"},
             {.names = "--name",
              .value = "NAME",
              .help = "trust: the key set that must be among the repository's."},
             dry_run_option()},
        .examples =
            {"slipway keys init root.pub",
             "slipway keys add signer alice.pub --principal alice@example.org",
             "slipway keys policy main 1 alice@example.org",
             "slipway keys sign --key root && slipway keys publish",
             "slipway --repo http://server:8080 keys trust /etc/slipway/keys"},
        .run = run,
    };
}

} // namespace slipway::cli
