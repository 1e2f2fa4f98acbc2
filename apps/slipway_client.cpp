// The program in the initramfs: makes a commit on a server a block device, and serves it for as
// long as the machine runs. Static; it needs nothing of the root it serves.
//
//   slipway-client attach --server URL[,URL...] --commit ID --ready FILE
//                         [--transport automatic|nbd|fuse] [--cache DIR] [--cache-memory MIB]
//                         [--runtime DIR] [--keys FILE [--branch NAME] [--state DIR]]
//
// With --keys the commit must be signed as these keys ask, and must be where NAME is by its head
// statement (docs/format/keys.md). DIR keeps that it was: a branch may move while the machine runs.
//
// FILE gets the device's path when it is ready. Run again after it died, it takes the device over.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <map>
#include <string>

#include <fmt/format.h>

#include "base/file.h"
#include "base/reporter.h"
#include "base/text.h"
#include "image/image.h"
#include "mount/device.h"
#include "mount/hardening.h"
#include "sync/lease_keeper.h"
#include "sync/remote_view.h"
#include "sync/verifier.h"
#include "tree/content.h"

namespace slipway {
namespace {

using Options = std::map<std::string, std::string>;

/// `--name value` pairs after the first two words.
Options parse(int argument_count, char** arguments) {
    const std::span<char*> words(arguments, static_cast<std::size_t>(argument_count));
    if (words.size() < 2 || std::string_view(words[1]) != "attach" || words.size() % 2 != 0) {
        throw Error(
            Fault::usage, "use: slipway-client attach --server URL --commit ID --ready FILE"
        );
    }
    Options options{
        {"transport", "automatic"},
        {"cache", ""},
        {"cache-memory", "64"},
        {"runtime", "/run/slipway/root"},
        {"keys", ""},
        {"branch", ""},
        {"state", "/run/slipway/trust"}};
    for (std::size_t i = 2; i < words.size(); i += 2) {
        const std::string_view name = words[i];
        if (!name.starts_with("--")) {
            throw Error(Fault::usage, fmt::format("'{}' is no option", name));
        }
        options[std::string(name.substr(2))] = words[i + 1];
    }
    return options;
}

const std::string& need(const Options& options, const std::string& name) {
    const auto found = options.find(name);
    if (found == options.end()) {
        throw Error(Fault::usage, fmt::format("--{} is missing", name));
    }
    return found->second;
}

mount::Transport transport_of(const std::string& name) {
    return name == "nbd"    ? mount::Transport::nbd
           : name == "fuse" ? mount::Transport::fuse
                            : mount::Transport::automatic;
}

sync::RemoteOptions remote_options(const Options& options) {
    sync::RemoteOptions remote;
    remote.mirrors.servers = sync::parse_locations(need(options, "server"));
    remote.mirrors.patience = sync::Patience::endless;
    remote.fetcher.cache_directory = need(options, "cache");
    remote.fetcher.memory_bytes = std::stoul(need(options, "cache-memory")) << 20U;
    if (remote.mirrors.servers.empty()) {
        throw Error(Fault::usage, "--server must be an http:// URL");
    }
    return remote;
}

/// Throws Fault::refused unless the keys that are trusted vouch for the commit.
void verify(const Options& options, sync::View& view, const Digest& commit, Reporter& reporter) {
    const std::filesystem::path keys = need(options, "keys");
    const std::filesystem::path state = need(options, "state");
    const auto verified = state / "verified";
    std::error_code absent;
    if (keys.empty() || (std::filesystem::exists(verified, absent) &&
                         as_text(read_file(verified)) == commit.hex())) {
        return;
    }
    const auto& cache = need(options, "cache");
    sync::Verifier verifier(
        view,
        {.pinned = trust::KeyChain::decode(as_text(read_file(keys))),
         .seen_directory = (cache.empty() ? state : std::filesystem::path(cache)) / "seen",
         .clock = std::time(nullptr)},
        reporter
    );
    trust::CommitPlace place;
    if (const auto& branch = need(options, "branch"); !branch.empty()) {
        place.branch = branch;
        const auto head = verifier.head(branch);
        if (head != commit) {
            throw Error(
                Fault::refused,
                fmt::format(
                    "branch '{}' is {}, but this machine was told to boot {}",
                    branch,
                    head ? "at " + head->hex() : "not there",
                    commit.hex()
                )
            )
                .hint("if the branch has moved just now, start the machine again");
        }
    }
    verifier.check_commit(commit, place);
    std::filesystem::create_directories(state);
    replace_file(verified, as_bytes(commit.hex()));
}

void serve(const Options& options, Reporter& reporter) {
    const auto id = Digest::parse(need(options, "commit"));
    if (!id) {
        throw Error(Fault::usage, "--commit must be a full id");
    }
    sync::RemoteView view(remote_options(options), reporter);
    verify(options, view, *id, reporter);
    const auto commit = tree::load_commit(view, *id);
    view.prepare(commit.tree);
    const image::VirtualImage image(image::make_layout(view, commit.tree), view);
    const mount::DeviceOptions device_options{
        .transport = transport_of(need(options, "transport")),
        .runtime_directory = need(options, "runtime")};
    auto device = mount::reattach(image, device_options, reporter);
    if (!device) {
        device = mount::attach(image, device_options, reporter);
    }
    const sync::LeaseKeeper lease(sync::parse_locations(need(options, "server")), *id, reporter);
    replace_file(need(options, "ready"), as_bytes(device->path().native() + "\n"));

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    int received = 0;
    sigwait(&signals, &received);
    view.stop();
}

int run(int argument_count, char** arguments) {
    const auto reporter = make_text_reporter(Verbosity::normal);
    try {
        const auto options = parse(argument_count, arguments);
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        mount::become_root_server(arguments[0], *reporter);
        serve(options, *reporter);
        return 0;
    } catch (const Error& error) {
        fmt::print(stderr, "slipway-client: {}\n", error.report());
    } catch (const std::exception& error) {
        fmt::print(stderr, "slipway-client: {}\n", error.what());
    }
    return 1;
}

} // namespace
} // namespace slipway

// NOLINTNEXTLINE(bugprone-exception-escape): what run() lets through is the failure to print.
int main(int argument_count, char** arguments) {
    return slipway::run(argument_count, arguments);
}
