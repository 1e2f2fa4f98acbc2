// Gives a fuzz target every file of its corpus, for builds without libFuzzer.
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "fuzz.h"

namespace {

void replay(const std::filesystem::path& path) {
    const auto bytes = slipway::read_file(path);
    // The fuzzer's interface counts in bytes of another type.
    std::vector<std::uint8_t> copy;
    for (const auto byte : bytes) {
        copy.push_back(std::to_integer<std::uint8_t>(byte));
    }
    LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

} // namespace

int main(int count, char** arguments) {
    std::size_t replayed = 0;
    for (const std::string argument :
         std::span(arguments, static_cast<std::size_t>(count)).subspan(1)) {
        if (argument.starts_with("-")) {
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argument)) {
            replay(entry.path());
            ++replayed;
        }
    }
    std::printf("%zu inputs replayed\n", replayed);
    return replayed == 0 ? 1 : 0;
}
