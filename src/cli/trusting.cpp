#include "cli/trusting.h"

#include <cstdlib>
#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

#include "sync/remote_view.h"
#include "sync/verifier.h"
#include "tree/content.h"

namespace slipway::cli {

namespace {

const std::filesystem::path default_keys = "/etc/slipway/keys";
constexpr std::uint64_t longest_chain = 16U << 20U;

std::string environment(const char* name) {
    const auto* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before threads.
    return value != nullptr ? value : "";
}

/// Where it is kept what was seen of repositories.
std::filesystem::path seen_directory() {
    if (const auto chosen = environment("SLIPWAY_STATE"); !chosen.empty()) {
        return std::filesystem::path(chosen) / "seen";
    }
    if (geteuid() == 0) {
        return "/var/lib/slipway-client/seen";
    }
    const auto state = environment("XDG_STATE_HOME");
    const auto home = environment("HOME");
    if (state.empty() && home.empty()) {
        throw Error(Fault::usage, "there is no place to keep what was seen of repositories")
            .hint("set SLIPWAY_STATE to a directory");
    }
    return (state.empty() ? std::filesystem::path(home) / ".local/state"
                          : std::filesystem::path(state)) /
           "slipway/seen";
}

bool is_remote(const Invocation& invocation) {
    return !sync::parse_locations(invocation.repository).empty();
}

std::optional<sync::VerifierOptions>
verifier_options(const Invocation& invocation, sync::View& view) {
    if (auto chain = trusted_keys(invocation)) {
        const auto remote = is_remote(invocation);
        return sync::VerifierOptions{
            .pinned = *std::move(chain),
            .seen_directory = seen_directory(),
            .heads = remote ? sync::HeadSource::statement : sync::HeadSource::branch,
            .clock = std::time(nullptr)};
    }
    const auto own = is_remote(invocation) ? std::string() : view.key_chain();
    if (own.empty()) {
        return std::nullopt;
    }
    return sync::VerifierOptions{
        .pinned = trust::KeyChain::decode(own),
        .seen_directory = {},
        .heads = sync::HeadSource::branch,
        .clock = std::time(nullptr)};
}

} // namespace

Option keys_option() {
    return {
        .names = "--keys",
        .value = "FILE",
        .help = "The keys to trust, as `slipway keys trust` wrote them; SLIPWAY_KEYS names them "
                "too. For a URL the default is /etc/slipway/keys, if it exists."};
}

trust::KeyChain read_chain(const std::filesystem::path& file) {
    const During what([&] { return "reading the keys in " + file.native(); });
    return trust::KeyChain::decode(as_text(read_file(file, longest_chain)));
}

std::optional<trust::KeyChain> trusted_keys(const Invocation& invocation) {
    const auto named = invocation.find("keys").value_or(environment("SLIPWAY_KEYS"));
    if (!named.empty()) {
        return read_chain(named);
    }
    std::error_code absent;
    if (is_remote(invocation) && std::filesystem::exists(default_keys, absent)) {
        return read_chain(default_keys);
    }
    return std::nullopt;
}

std::optional<trust::KeySet> believed_keys(const Invocation& invocation, sync::View& view) {
    auto options = verifier_options(invocation, view);
    if (!options) {
        return std::nullopt;
    }
    const sync::Verifier verifier(view, *std::move(options), *invocation.reporter);
    return verifier.keys().newest().keys;
}

NamedCommit
find_trusted_commit(const Invocation& invocation, sync::View& view, const std::string& revision) {
    auto options = verifier_options(invocation, view);
    if (!options) {
        return find_commit(view, revision);
    }
    const During what([&] { return "verifying " + revision; });
    sync::Verifier verifier(view, *std::move(options), *invocation.reporter);
    return find_commit(view, verifier.resolve(revision).hex());
}

} // namespace slipway::cli
