#include <array>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/moves.h"
#include "cli/places.h"
#include "net/server.h"
#include "server/api/receiving.h"
#include "server/api/resources.h"

namespace slipway::cli {

namespace {

constexpr std::size_t largest_body = 96U << 20U; ///< a pack whose last object is of the largest
constexpr std::chrono::minutes longest_upload{30};
constexpr std::chrono::hours longest_pause{2}; ///< the other end may be asking somebody
constexpr std::size_t pump_bytes = 256U << 10U;

/// True if standard input and output are one socket, as a local client and sshd make them.
bool is_one_socket() {
    struct stat in = {};
    struct stat out = {};
    return fstat(STDIN_FILENO, &in) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
           S_ISSOCK(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/// Copies until the end, or until either side has gone.
void pump(int from, int to) {
    Buffer buffer(pump_bytes);
    try {
        while (const auto count = read(from, buffer.data(), buffer.size())) {
            if (count < 0 && errno != EINTR) {
                return;
            }
            if (count > 0) {
                write_all(to, ConstBytes(buffer).first(static_cast<std::size_t>(count)), "a pipe");
            }
        }
    } catch (const Error&) {
        return; // nobody is left to read it
    }
}

/// A socket that is connected to standard input and output, whatever these are.
class StandardSocket {
public:
    StandardSocket() {
        if (is_one_socket()) {
            socket_ = FileDescriptor(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
            return;
        }
        std::array<int, 2> ends{};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw_errno("cannot make a pair of sockets");
        }
        socket_ = FileDescriptor(ends[0]);
        // It waits for input that may never come: the end of the process ends it.
        std::thread([there = ends[1]] {
            pump(STDIN_FILENO, there);
            shutdown(there, SHUT_WR);
        }).detach();
        writer_ = std::jthread([there = ends[1]] { pump(there, STDOUT_FILENO); });
    }

    FileDescriptor take() { return std::move(socket_); }

private:
    FileDescriptor socket_;
    std::jthread writer_;
};

void move_received(const store::Repository& repository, const sync::BranchUpdate& update) {
    move_branch(repository, {update.branch, update.from, update.to, update.reason});
}

int run(const Invocation& invocation) {
    const auto is_read_only = invocation.flag("read-only");
    store::Repository repository(
        local_repository(invocation),
        is_read_only ? store::Access::read_only : store::Access::read_write
    );
    const TemporaryDirectory scratch("/var/tmp");
    server::Resources resources(repository, scratch.path());
    server::Receiving receiving(repository, move_received);

    net::ServerOptions options;
    options.body_limit_bytes = largest_body;
    options.all_bodies_limit_bytes = largest_body;
    options.header_timeout = longest_upload;
    options.idle_timeout = longest_pause;
    StandardSocket standard;
    net::Server server(
        options,
        [&](const net::Request& request) {
            if (!request.path.starts_with("/v1/receive/")) {
                return resources.answer(request);
            }
            if (is_read_only) {
                throw Error(Fault::refused, "nothing may be pushed here");
            }
            return receiving.answer(request);
        },
        standard.take()
    );
    server.wait();
    server.stop();
    return 0;
}

} // namespace

Command serve_stdio_command() {
    return {
        .name = "serve-stdio",
        .summary = "serve a repository to one client over standard input and output",
        .description =
            "What runs on the other machine when a repository is named ssh://HOST/PATH: it speaks "
            "HTTP over its standard input and output until its input ends. It is not meant to be "
            "typed.\n\n"
            "In a `command=` of sshd's authorized_keys it gives a key this repository and nothing "
            "else; with --read-only nothing can be pushed there.",
        .arguments = {},
        .options =
            {{.names = "--read-only", .help = "Refuse everything that would write."},
             {.names = "--read-write", .help = "Take what is pushed. The default."}},
        .examples = {"slipway serve-stdio --read-only --repo /srv/slipway"},
        .run = run,
    };
}

} // namespace slipway::cli
