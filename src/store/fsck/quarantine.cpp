#include <fmt/format.h>

#include "store/fsck.h"
#include "store/fsck/packs.h"

namespace slipway::store {

namespace {

/// What was written anew of one damaged pack.
struct Salvage {
    std::optional<Digest> pack; ///< nothing if nothing was whole
    std::uint64_t objects = 0;
};

/// Writes what is whole in a pack into a new one beside it.
Salvage salvage(
    const std::filesystem::path& directory, const Digest& name, PackDictionaries& dictionaries
) {
    Salvage result;
    const PackFile pack(directory, name);
    PackWriter writer(directory, pack.making());
    for (const auto& frame : pack.read_index()) {
        auto read = read_frame(pack, frame, dictionaries, [](const std::string&) {});
        const auto whole = read ? read->objects.size() : 0;
        result.objects += whole;
        if (whole == frame.objects.size()) {
            writer.add({frame, std::move(read->stored)});
        } else if (whole > 0) {
            writer.add(frame_of(*read));
        }
    }
    if (result.objects > 0) {
        result.pack = writer.finish().pack;
    }
    return result;
}

Salvage try_salvage(
    const std::filesystem::path& directory, const Digest& name, PackDictionaries& dictionaries
) {
    try {
        return salvage(directory, name, dictionaries);
    } catch (const Error& error) {
        if (error.fault() != Fault::corrupt) {
            throw;
        }
        return {}; // without its index nothing in it can be found
    }
}

void move_aside(const RepositoryPaths& paths, const Digest& name) {
    std::error_code exists;
    std::filesystem::create_directory(paths.damaged_packs(), exists);
    const auto from = paths.packs() / pack_file_name(name);
    const auto target = paths.damaged_packs() / pack_file_name(name);
    if (rename(from.c_str(), target.c_str()) != 0) {
        throw_errno(fmt::format("cannot move {} to {}", from.native(), target.native()));
    }
    sync_directory(paths.damaged_packs());
    sync_directory(paths.packs());
}

} // namespace

void quarantine(
    const RepositoryPaths& paths, const std::vector<Digest>& damaged, Reporter& reporter
) {
    PackDictionaries dictionaries(paths, packs_in(paths.packs()));
    for (const auto& name : damaged) {
        // A death after this leaves both packs: the next run does the same again.
        const auto saved = try_salvage(paths.packs(), name, dictionaries);
        if (saved.pack == name) {
            reporter.notice(fmt::format("pack {} is whole again", name.hex()));
            continue; // only what is beside its objects was damaged: it was written over
        }
        move_aside(paths, name);
        reporter.notice(fmt::format(
            "pack {} is in {} now; {} whole in it and stored anew",
            name.hex(),
            paths.damaged_packs().native(),
            saved.objects == 1 ? "1 object was" : fmt::format("{} objects were", saved.objects)
        ));
    }
}

} // namespace slipway::store
