#include "formats/remove_tree.h"

#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace slipway::formats {

namespace {

FileDescriptor open_directory(int parent, const std::string& name) {
    fchmodat(parent, name.c_str(), S_IRWXU, 0); // so that its owner may empty it
    return FileDescriptor(
        openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    );
}

std::vector<std::string> names_in(int directory) {
    std::vector<std::string> names;
    auto* listing = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (listing == nullptr) {
        return names;
    }
    while (const auto* entry = readdir(listing)) {
        const std::string name(entry->d_name);
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    closedir(listing);
    return names;
}

/// Removes one tree by lifting every directory in it to its top before that is emptied.
class Flattening {
public:
    explicit Flattening(int top) : top_(top) {}

    void run() {
        empty(top_);
        while (!lifted_.empty()) {
            const auto name = std::move(lifted_.back());
            lifted_.pop_back();
            empty(open_directory(top_, name).get());
            unlinkat(top_, name.c_str(), AT_REMOVEDIR);
        }
    }

private:
    void empty(int directory) {
        for (const auto& name : names_in(directory)) {
            if (unlinkat(directory, name.c_str(), 0) == 0) {
                continue;
            }
            auto lifted = fmt::format(".tmp-remove-{}", count_++);
            if (renameat(directory, name.c_str(), top_, lifted.c_str()) == 0) {
                lifted_.push_back(std::move(lifted));
            }
        }
    }

    int top_;
    std::size_t count_ = 0;
    std::vector<std::string> lifted_;
};

} // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): only memory that runs out, and that ends the program.
bool remove_tree(int parent, const std::string& name) noexcept {
    const auto top = open_directory(parent, name);
    if (top.is_open()) {
        Flattening(top.get()).run();
    }
    return unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

} // namespace slipway::formats
