#include "server/test_repository.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tree/content.h"
#include "tree/walk.h"

namespace slipway::server {

std::string read_everything(const Contents& contents, const Digest& tree) {
    std::string all;
    tree::walk(contents, tree, [&](const std::string& path, const Digest&, const auto& directory) {
        for (const auto& entry : directory.entries) {
            if (const auto* file = std::get_if<tree::File>(&entry.node)) {
                const auto bytes =
                    read_all(*tree::open_file(contents, *file), tree::largest_object);
                all += fmt::format("{}/{} {} ", path, entry.name, bytes.size());
                all += as_text(bytes);
            }
        }
    });
    return all;
}

void flip_bit(const std::filesystem::path& file, std::uint64_t offset) {
    chmod(file.c_str(), 0600);
    const auto opened = open_file(file, O_RDWR);
    std::byte one{};
    pread_some(opened.get(), offset, Bytes(&one, 1), file.native());
    one ^= std::byte{1};
    pwrite_all(opened.get(), offset, ConstBytes(&one, 1), file.native());
}

} // namespace slipway::server
