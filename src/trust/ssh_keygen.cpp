#include "trust/ssh_keygen.h"

#include <cerrno>

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/key_types.h"
#include "trust/sshsig.h"

namespace slipway::trust {

namespace {

constexpr std::size_t longest_output = 1U << 20U;
constexpr int no_such_program = 127; ///< as a shell says it

FileDescriptor memory_file() {
    FileDescriptor file(memfd_create("slipway", MFD_CLOEXEC));
    if (!file.is_open()) {
        throw_errno("cannot make a file in memory");
    }
    return file;
}

void rewind(const FileDescriptor& file) {
    if (lseek(file.get(), 0, SEEK_SET) < 0) {
        throw_errno("cannot read a file in memory");
    }
}

struct Outcome {
    int status = 0;
    std::string output;
};

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            throw_errno("cannot wait for a program");
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Runs a program with `input` and gives back what it prints. No pipes: whoever ends first, nobody
/// waits for the other.
Outcome run(std::vector<std::string> words, ConstBytes input) {
    const auto in = memory_file();
    const auto out = memory_file();
    write_all(in.get(), input, "a file in memory");
    rewind(in);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
    pid_t child = 0;
    const auto error =
        posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    const auto status = error == 0 ? wait_for(child) : no_such_program;
    if (status == no_such_program) {
        throw Error(Fault::unavailable, fmt::format("there is no program {}", words[0]))
            .hint("install openssh-client");
    }
    rewind(out);
    Buffer output(longest_output);
    output.resize(read_some(out.get(), output, words[0]));
    return {status, std::string(as_text(output))};
}

} // namespace

Buffer sign_by_ssh_keygen(const std::string& key, ConstBytes message, std::string_view name_space) {
    const auto [status, output] =
        run({"ssh-keygen", "-q", "-Y", "sign", "-n", std::string(name_space), "-f", key}, message);
    if (status != 0) {
        throw Error(Fault::refused, fmt::format("ssh-keygen did not sign with {}", printable(key)))
            .hint("what it says of the reason is above");
    }
    return unarmour(output);
}

std::vector<PublicKey> keys_of_agent() {
    const auto [status, output] = run({"ssh-add", "-L"}, {});
    if (status != 0) {
        throw Error(Fault::refused, "ssh-agent does not answer, or holds no key")
            .hint("start one (`eval $(ssh-agent)`) and add the key: `ssh-add FILE`");
    }
    std::vector<PublicKey> keys;
    for (const auto line : split(output, '\n')) {
        if (find_key_type(line.substr(0, line.find(' '))) != nullptr) {
            keys.push_back(PublicKey::parse_line(line));
        }
    }
    return keys;
}

} // namespace slipway::trust
