#include <charconv>
#include <ctime>
#include <mutex>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/daemon.h"
#include "cli/output.h"
#include "cli/places.h"
#include "net/server.h"
#include "server/api/lease_service.h"
#include "server/api/resources.h"
#include "server/boot_service.h"
#include "server/head_keeper.h"

namespace slipway::cli {

namespace {

constexpr std::chrono::seconds shutdown_grace{4}; ///< for requests under way

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address).
void parse_listen(const std::string& text, net::ServerOptions& options) {
    const auto colon = text.rfind(':');
    const auto port = colon == std::string::npos ? std::string() : text.substr(colon + 1);
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (port.empty() || parsed.ec != std::errc() || parsed.ptr != port.data() + port.size()) {
        throw Error(Fault::usage, fmt::format("'{}' is no address to listen at", text))
            .hint("write ADDRESS:PORT, as in 0.0.0.0:8080");
    }
    auto address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    options.address = address.empty() ? "::" : address;
}

/// Writes one line a request; any thread.
class AccessLog {
public:
    explicit AccessLog(const std::string& path)
        : name_(path), file_(
                           path == "-" ? FileDescriptor(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0))
                                       : open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0644)
                       ) {}

    void write(const net::Access& access) {
        const auto line = fmt::format(
            "{} {} {} {} {} {} {}us\n",
            utc_time(std::time(nullptr)),
            access.peer,
            access.method,
            access.target,
            access.status,
            access.bytes,
            access.duration.count()
        );
        const std::scoped_lock held(mutex_);
        write_all(file_.get(), as_bytes(line), name_);
    }

private:
    std::string name_;
    FileDescriptor file_;
    std::mutex mutex_;
};

/// The programs that are installed beside this one.
std::filesystem::path beside_this_program(const char* name) {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

/// Each connection takes a descriptor: as many as the system grants.
void raise_descriptor_limit() {
    rlimit limit = {};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

server::BootOptions boot_options(const Invocation& invocation) {
    server::BootOptions options;
    options.branch = invocation.find("boot").value_or("");
    options.kernel_options = invocation.find("kernel-options").value_or("");
    options.kernel_release = invocation.find("kernel").value_or("");
    options.busybox = invocation.value("busybox");
    options.client = beside_this_program("slipway-client");
    return options;
}

/// Serving goes on without these, but no machine boots.
void tell_what_is_missing(
    const store::Repository& repository, const server::BootOptions& options, Reporter& reporter
) {
    if (!options.branch.empty() && !repository.branches().find(options.branch)) {
        reporter.notice(fmt::format("there is no branch '{}' to boot yet", options.branch));
    }
    for (const auto& program : {options.busybox, options.client}) {
        if (access(program.c_str(), R_OK) != 0) {
            reporter.notice(fmt::format("machines cannot boot: {} is missing", program.native()));
        }
    }
}

int run(const Invocation& invocation) {
    hold_end_signals();
    raise_descriptor_limit();
    const store::Repository repository(local_repository(invocation), store::Access::read_only);
    std::optional<TemporaryDirectory> scratch;
    auto cache = repository.paths().cache();
    if (access(cache.c_str(), W_OK) != 0) {
        cache = scratch.emplace("/var/tmp").path();
    }
    server::Resources resources(repository, cache);
    server::LeaseService leases(repository);
    const auto boot_settings = boot_options(invocation);
    server::BootService boot(repository, cache, boot_settings);

    tell_what_is_missing(repository, boot_settings, *invocation.reporter);
    const server::HeadKeeper head_keeper(repository.paths(), *invocation.reporter);

    net::ServerOptions options;
    options.shutdown_grace = shutdown_grace;
    parse_listen(invocation.value("listen"), options);
    std::optional<AccessLog> log;
    if (const auto path = invocation.find("access-log")) {
        log.emplace(*path);
        options.log = [&](const net::Access& access) { log->write(access); };
    }
    net::Server server(options, [&](const net::Request& request) {
        if (request.path.starts_with("/v1/receive/")) {
            return net::text_response(
                403, "error: nothing can be pushed over HTTP\n  hint: push to ssh://HOST/PATH\n"
            );
        }
        const auto is_post = request.method == "POST";
        if (is_post && request.path == "/v1/leases") {
            return leases.answer(request);
        }
        if (is_post && request.path != "/v1/objects" && request.path != "/v1/pack") {
            auto refusal = net::text_response(
                405, "error: only /v1/objects, /v1/pack and /v1/leases take POST\n"
            );
            refusal.fields["Allow"] = "GET, HEAD";
            return refusal;
        }
        return request.path.starts_with("/boot") ? boot.answer(request) : resources.answer(request);
    });
    const auto host = options.address.find(':') == std::string::npos ? options.address
                                                                     : "[" + options.address + "]";
    print(
        invocation.json
            ? fmt::format("{{\"listening\":\"http://{}:{}\"}}\n", host, server.port())
            : fmt::format(
                  "serving {} on http://{}:{}\n", invocation.repository, host, server.port()
              )
    );
    flush_output();
    wait_for_end();
    end_within(shutdown_grace + std::chrono::seconds(1));
    server.stop();
    return 0;
}

} // namespace

Command serve_command() {
    return {
        .name = "serve",
        .summary = "serve a repository over HTTP, and boot machines from it",
        .description =
            "Answers reading commands (`slipway --repo http://...`), and machines that boot: iPXE "
            "is told to load http://SERVER/boot.ipxe. Machines boot the branch that --boot names, "
            "or the only one there is. The kernel is found in the commit, the initramfs is made "
            "from it on the first request and kept.\n\n"
            "Ends on SIGINT or SIGTERM, once the requests under way are answered, but after five "
            "seconds at the latest; a second signal ends it at once.",
        .arguments = {},
        .options =
            {{.names = "--listen",
              .value = "ADDRESS:PORT",
              .help = "Where to listen; port 0 is any free one.",
              .fallback = "127.0.0.1:8080"},
             {.names = "--boot", .value = "BRANCH", .help = "What machines boot."},
             {.names = "--kernel", .value = "RELEASE", .help = "Boot this kernel, not the newest."},
             {.names = "--kernel-options",
              .value = "TEXT",
              .help = "Added to the kernel's arguments, as in console=ttyS0."},
             {.names = "--busybox",
              .value = "FILE",
              .help = "A statically linked busybox for the initramfs.",
              .fallback = "/bin/busybox"},
             {.names = "--access-log",
              .value = "FILE",
              .help = "One line a request; - is standard error."}},
        .examples =
            {"slipway serve --listen 0.0.0.0:8080 --boot debian",
             "slipway serve --listen [::]:8080 --access-log /var/log/slipway.log"},
        .run = run,
    };
}

} // namespace slipway::cli
