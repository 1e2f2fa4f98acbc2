// Serves a file as a block device until SIGTERM, each read late by a delay. It takes over the
// device of a process that died before it, and says so.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "mount/device.h"
#include "mount/hardening.h"

namespace {

using namespace slipway;

class LateBlob final : public Blob {
public:
    LateBlob(const Blob& inner, std::chrono::milliseconds delay) : inner_(inner), delay_(delay) {}

    std::uint64_t size() const override { return inner_.size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        std::this_thread::sleep_for(delay_);
        inner_.read_at(offset, buffer);
    }

private:
    const Blob& inner_;
    std::chrono::milliseconds delay_;
};

void say(std::string_view text) {
    fmt::print("{}\n", text);
    std::fflush(stdout);
}

int serve(char* program_name, char** arguments) {
    sigset_t asked;
    sigemptyset(&asked);
    sigaddset(&asked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &asked, nullptr);
    const auto reporter = make_text_reporter(Verbosity::verbose);
    mount::become_root_server(program_name, *reporter);

    const auto is_nbd = std::string_view(arguments[0]) == "nbd";
    const FileBlob file(arguments[1]);
    const LateBlob image(file, std::chrono::milliseconds(std::atoi(arguments[3])));
    const mount::DeviceOptions options{
        .transport = is_nbd ? mount::Transport::nbd : mount::Transport::fuse,
        .runtime_directory = arguments[2]};
    auto device = mount::reattach(image, options, *reporter);
    const auto* how = device ? "taken over" : "made";
    if (!device) {
        device = mount::attach(image, options, *reporter);
    }
    say(fmt::format("{} {}", device->path().native(), how));
    int signal = 0;
    sigwait(&asked, &signal);
    device.reset();
    say("ended");
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::fputs("usage: nbd_vm nbd|fuse IMAGE RUNTIME_DIRECTORY DELAY_MS\n", stderr);
        return 2;
    }
    try {
        return serve(arguments[0], arguments + 1);
    } catch (const Error& error) {
        std::fputs(error.report().c_str(), stderr);
        return 1;
    }
}
