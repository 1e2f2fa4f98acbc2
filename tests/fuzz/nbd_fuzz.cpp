// uses: mount base
// Any bytes on an NBD socket: the server answers or ends the connection, and nothing else.
#include <array>
#include <thread>

#include <sys/socket.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/nbd_server.h"

namespace {

constexpr std::size_t image_size = 64U << 10U;
constexpr std::size_t longest_input = 4096;

/// Plays a kernel that sends `input` and takes whatever comes back.
void talk(slipway::FileDescriptor socket, slipway::ConstBytes input) {
    std::jthread taking([&] {
        std::array<std::byte, 65536> replies;
        while (recv(socket.get(), replies.data(), replies.size(), 0) > 0) {
        }
    });
    while (!input.empty()) {
        const auto count = send(socket.get(), input.data(), input.size(), MSG_NOSIGNAL);
        if (count <= 0) {
            break;
        }
        input = input.subspan(static_cast<std::size_t>(count));
    }
    shutdown(socket.get(), SHUT_WR);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace slipway;
    if (size > longest_input) {
        return 0;
    }
    std::array<int, 2> ends = {};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        std::abort();
    }
    const MemoryBlob image{Buffer(image_size)};
    const mount::DeviceView view(image, silent_reporter());
    FileDescriptor server(ends[1]);
    std::jthread kernel(talk, FileDescriptor(ends[0]), std::as_bytes(std::span(data, size)));
    try {
        mount::serve_nbd(view, server.get(), 2);
    } catch (const Error& error) {
        if (error.fault() != Fault::corrupt) {
            std::abort();
        }
    }
    server = {};
    return 0;
}
