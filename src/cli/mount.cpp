#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/connections.h"
#include "cli/daemon.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/trusting.h"
#include "image/image.h"
#include "mount/active_mount.h"
#include "mount/device.h"
#include "mount/filesystem.h"
#include "mount/kernel.h"
#include "sync/lease_keeper.h"
#include "sync/remote_view.h"

namespace slipway::cli {

namespace {

const std::filesystem::path runtime_directory = "/run/slipway";

mount::Transport transport_of(const std::string& name) {
    if (name == "nbd") {
        return mount::Transport::nbd;
    }
    if (name == "fuse") {
        return mount::Transport::fuse;
    }
    if (name != "automatic") {
        throw Error(Fault::usage, fmt::format("'{}' is no transport", name))
            .hint("automatic, nbd or fuse");
    }
    return mount::Transport::automatic;
}

/// Where writes go, as --writable names it.
std::optional<mount::Writable> writable_of(const Invocation& invocation) {
    const auto place = invocation.find("writable");
    if (!place) {
        return std::nullopt;
    }
    return mount::Writable{
        *place == "tmpfs" ? std::filesystem::path() : std::filesystem::absolute(*place)};
}

sync::ViewOptions view_options(const Invocation& invocation) {
    sync::ViewOptions options{.fetcher = {}, .client = client_options(Purpose::reading)};
    options.fetcher.cache_directory = invocation.cache;
    options.fetcher.memory_bytes = invocation.number("cache-memory", 1, UINT64_MAX >> 20U) << 20U;
    return options;
}

int serve(const Invocation& invocation, const std::function<void()>& ready) {
    mount::require_root("a mount");
    hold_end_signals();
    auto& reporter = *invocation.reporter;
    const auto directory = std::filesystem::absolute(invocation.value("DIR"));
    const auto view = sync::open_view(invocation.repository, view_options(invocation), reporter);
    const auto commit = find_trusted_commit(invocation, *view, invocation.value("COMMIT"));
    const image::VirtualImage image(image::make_layout(*view, commit.commit.tree), *view);
    for (const auto& notice : image.layout().notices) {
        reporter.notice(notice);
    }
    mount::ActiveMount active(runtime_directory, directory, reporter);
    view->become_patient();
    const auto device = mount::attach(
        image,
        {.transport = transport_of(invocation.value("transport")),
         .runtime_directory = active.place()},
        reporter
    );
    const auto writable = writable_of(invocation);
    const mount::Filesystem filesystem(
        device->path(),
        directory,
        {.writable = writable, .runtime_directory = active.place()},
        reporter
    );
    active.publish(
        {.directory = {},
         .device = device->path(),
         .writable = invocation.find("writable").value_or(""),
         .source = commit.id.hex()}
    );
    print(
        invocation.json
            ? fmt::format(
                  R"({{"commit":"{}","directory":{},"device":{}}})"
                  "\n",
                  commit.id.hex(),
                  json_string(directory.native()),
                  json_string(device->path().native())
              )
            : fmt::format("{} is mounted at {}\n", short_id(commit.id), directory.native())
    );
    std::optional<sync::LeaseKeeper> lease;
    if (auto servers = sync::parse_locations(invocation.repository); !servers.empty()) {
        lease.emplace(std::move(servers), commit.id, reporter);
    }
    flush_output(); // in the foreground nobody else does
    ready();
    wait_for_end();
    view->stop();
    return 0;
}

int run(const Invocation& invocation) {
    if (invocation.flag("foreground")) {
        return serve(invocation, [] {});
    }
    return run_in_background([&](const auto& ready) { return serve(invocation, ready); });
}

} // namespace

Command mount_command() {
    return {
        .name = "mount",
        .summary = "mount a commit",
        .description =
            "Mounts the commit's image as a filesystem. Nothing is checked out: what is read is "
            "fetched, verified and kept in a cache. A server that goes away is waited for; reads "
            "go "
            "on when it is back. A process in the background serves the mount until `slipway "
            "umount` or a SIGTERM ends it.\n\n"
            "The mount is read-only, unless --writable says where changes go.",
        .arguments = {{"COMMIT", "Which commit."}, {"DIR", "An existing directory."}},
        .options =
            {{.names = "--writable",
              .value = "DIR|tmpfs",
              .help = "Keep changes in a directory, or in memory until the mount ends."},
             {.names = "--cache-memory",
              .value = "MIB",
              .help = "Memory for what is fetched.",
              .fallback = "64"},
             {.names = "--transport",
              .value = "KIND",
              .help = "How the image becomes a block device: automatic, nbd or fuse.",
              .fallback = "automatic"},
             {.names = "--foreground", .help = "Do not go to the background."},
             keys_option()},
        .examples =
            {"slipway mount debian /mnt",
             "slipway --repo http://server:8080 mount debian /mnt --writable tmpfs"},
        .run = run,
    };
}

Command umount_command() {
    return {
        .name = "umount",
        .summary = "end a mount",
        .description =
            "Unmounts a directory that `slipway mount` mounted, and waits for the process "
            "that served it. What is left of one that died is cleaned up.",
        .arguments = {{"DIR", "Where it is mounted."}},
        .options = {{.names = "--lazy", .help = "Unmount even if it is in use."}},
        .examples = {"slipway umount /mnt"},
        .run =
            [](const Invocation& invocation) {
                mount::end_mount(
                    runtime_directory,
                    std::filesystem::absolute(invocation.value("DIR")),
                    invocation.flag("lazy") ? mount::WhenBusy::detach : mount::WhenBusy::refuse,
                    *invocation.reporter
                );
                return 0;
            },
    };
}

} // namespace slipway::cli
