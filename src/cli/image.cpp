#include "image/image.h"

#include <algorithm>
#include <chrono>

#include <fcntl.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/trusting.h"

namespace slipway::cli {

namespace {

constexpr std::uint64_t step = 4U << 20U;

std::string hex_of(ConstBytes bytes) {
    std::string text;
    for (const auto byte : bytes) {
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    }
    return text;
}

/// All of the image, in order for the store's sake, on all cores; long runs of zeros become holes.
void write_image(const Blob& image, int descriptor, const std::string& name, Reporter& reporter) {
    Task task(reporter, "writing the image", Unit::bytes, image.size());
    parallel_for((image.size() + step - 1) / step, [&](std::size_t i) {
        const auto begin = i * step;
        Buffer block(std::min(step, image.size() - begin));
        image.read_at(begin, block);
        if (!all_zero(block)) {
            pwrite_all(descriptor, begin, block, name);
        }
        task.advance(block.size());
    });
}

void write_image_file(const Blob& image, const std::filesystem::path& path, Reporter& reporter) {
    remove_abandoned(path.has_parent_path() ? path.parent_path() : ".");
    FileReplacement file(path);
    if (ftruncate(file.descriptor(), static_cast<off_t>(image.size())) != 0) {
        throw_errno(fmt::format("cannot make {} {} bytes long", path.native(), image.size()));
    }
    write_image(image, file.descriptor(), path.native(), reporter);
    file.finish();
}

image::Verity write_verity(const Invocation& invocation, const Blob& image, const Digest& tree) {
    const auto salt = image::verity_salt(tree);
    const auto path = invocation.find("verity-file");
    if (!path) {
        return image::make_verity(image, salt);
    }
    FileReplacement file(*path);
    auto verity = image::make_verity(image, salt, [&](std::uint64_t offset, ConstBytes bytes) {
        pwrite_all(file.descriptor(), offset, bytes, *path);
    });
    file.finish();
    return verity;
}

int run(const Invocation& invocation) {
    const auto view = open_view(invocation);
    const auto commit = find_trusted_commit(invocation, *view, invocation.value("COMMIT"));
    const auto& tree = commit.commit.tree;
    const auto began = std::chrono::steady_clock::now();
    const image::VirtualImage image(image::make_layout(*view, tree), *view);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    for (const auto& notice : image.layout().notices) {
        invocation.reporter->notice(notice);
    }
    const auto file = invocation.find("FILE");
    const auto wants_verity = invocation.flag("verity") || invocation.flag("verity-file");
    if (file || wants_verity) {
        view->fetch_all(tree, *invocation.reporter);
    }
    const Interrupts interrupts;
    if (file) {
        write_image_file(image, *file, *invocation.reporter);
    }
    auto text = fmt::format(
        "image of {}: {} bytes, laid out in {:.0f} ms\n",
        short_id(commit.id),
        image.size(),
        took.count()
    );
    auto json = fmt::format(
        R"({{"commit":"{}","bytes":{},"layout_ms":{:.1f})",
        commit.id.hex(),
        image.size(),
        took.count()
    );
    if (wants_verity) {
        const auto verity = write_verity(invocation, image, tree);
        text += fmt::format(
            "verity root hash: {}\nverity salt: {}\n", verity.root_hash.hex(), hex_of(verity.salt)
        );
        json += fmt::format(
            R"(,"verity_root_hash":"{}","verity_salt":"{}","data_blocks":{})",
            verity.root_hash.hex(),
            hex_of(verity.salt),
            verity.data_blocks
        );
    }
    print(invocation.json ? json + "}\n" : text);
    return 0;
}

} // namespace

Command image_command() {
    return {
        .name = "image",
        .summary = "write the EROFS image of a commit",
        .description = "The image is a pure function of the commit's tree: it is byte for byte the "
                       "same on every machine. With --verity the root hash and the salt for "
                       "dm-verity are shown. Without FILE and --verity only its size is, "
                       "which needs no file's content.",
        .arguments = {{"COMMIT", "Which commit."}, {"FILE", "The file to write.", Count::optional}},
        .options =
            {{.names = "--verity", .help = "Show the dm-verity root hash and salt."},
             {.names = "--verity-file",
              .value = "FILE",
              .help = "Write the dm-verity hash tree with its superblock to FILE."},
             keys_option()},
        .examples = {"slipway image debian debian.erofs", "slipway image debian --verity"},
        .run = run,
    };
}

} // namespace slipway::cli
