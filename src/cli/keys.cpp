#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/keys_actions.h"
#include "cli/keys_text.h"
#include "cli/moves.h"
#include "cli/output.h"
#include "cli/trusting.h"
#include "store/heads.h"

namespace slipway::cli {

namespace {

constexpr std::int64_t seconds_a_day = 24 * 60 * 60;
constexpr std::uint64_t most_days = 3650;
constexpr std::uint64_t longest_file = 1U << 20U;

int show(const Invocation& invocation) {
    words_of(invocation, 0, 0, "show");
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

int export_chain(const Invocation& invocation) {
    words_of(invocation, 0, 0, "export");
    const auto view = open_view(invocation);
    const auto bytes = view->key_chain();
    if (bytes.empty()) {
        throw Error(Fault::not_found, "the repository has no keys");
    }
    print(bytes);
    return 0;
}

int trust_keys(const Invocation& invocation) {
    const std::filesystem::path file = words_of(invocation, 1, 1, "trust FILE").front();
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
    words_of(invocation, 0, 0, "sign-heads");
    const auto is_dry = invocation.flag("dry-run");
    const store::Repository repository(
        local_repository(invocation), is_dry ? store::Access::read_only : store::Access::read_write
    );
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
    const auto days = static_cast<std::int64_t>(invocation.number("days", 1, most_days));
    const auto made = store::make_statements(
        repository.state(),
        *key,
        {.now = std::time(nullptr),
         .lifetime = days * seconds_a_day,
         .which = store::HeadOptions::Which::all,
         .effect = is_dry ? store::HeadOptions::Effect::none : store::HeadOptions::Effect::real}
    );
    if (invocation.json) {
        print(json_text({{"statements", made}, {"signed", !is_dry}}));
    } else {
        const auto* const done = is_dry ? "would be signed" : "signed";
        print(fmt::format("{} {}\n", counted(made, "head statement"), done));
    }
    return 0;
}

struct Action {
    std::string_view name;
    int (*run)(const Invocation&);
};

constexpr std::array actions{
    Action{"init", init_keys},
    Action{"show", show},
    Action{"add", add_keys},
    Action{"remove", remove_keys},
    Action{"revoke", revoke_keys},
    Action{"threshold", threshold_of_keys},
    Action{"policy", policy_of_keys},
    Action{"draft", draft_of_keys},
    Action{"sign", sign_keys},
    Action{"publish", publish_keys},
    Action{"discard", discard_keys},
    Action{"export", export_chain},
    Action{"trust", trust_keys},
    Action{"sign-heads", sign_heads},
};

std::vector<std::string> action_names() {
    std::vector<std::string> names;
    for (const auto& action : actions) {
        names.emplace_back(action.name);
    }
    return names;
}

int run(const Invocation& invocation) {
    const auto& name = invocation.value("ACTION");
    const auto* const found = std::find_if(actions.begin(), actions.end(), [&](const Action& one) {
        return one.name == name;
    });
    if (found == actions.end()) {
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
            {{"ACTION", "What to do.", Count::one, action_names()},
             {"VALUE", "What it is done with.", Count::many}},
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
