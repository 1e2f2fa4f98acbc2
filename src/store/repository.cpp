#include "store/repository.h"

#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "store/heads.h"
#include "store/retired.h"

namespace slipway::store {

namespace {

constexpr std::string_view marker_text = "slipway repository 1\n";
constexpr std::size_t frame_cache_bytes = 32U << 20U;

void make_directory(const std::filesystem::path& path) {
    if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot create {}", path.native()));
    }
}

/// True if there is nothing but what create_repository() leaves if it dies.
bool is_begun(const std::filesystem::path& root) {
    const RepositoryPaths paths{root};
    const std::set<std::filesystem::path> own{paths.packs(), paths.index(), paths.cache()};
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
        const auto name = entry.path().filename().native();
        if (!own.contains(entry.path()) && !name.starts_with("state.db") &&
            !name.starts_with(temporary_prefix)) {
            return false;
        }
    }
    std::error_code absent;
    return std::filesystem::directory_iterator(paths.packs(), absent) ==
           std::filesystem::directory_iterator();
}

Database::Mode database_mode(Access access) {
    return access == Access::read_only ? Database::Mode::read_only : Database::Mode::read_write;
}

/// An object's bytes inside its decoded frame, which it keeps alive.
class FrameSlice final : public Blob {
public:
    FrameSlice(std::shared_ptr<const Buffer> frame, std::uint32_t offset, std::uint32_t length)
        : frame_(std::move(frame)), bytes_(ConstBytes(*frame_).subspan(offset, length)) {}

    std::uint64_t size() const override { return bytes_.size(); }

    void read_at(std::uint64_t offset, Bytes buffer) const override {
        check_range(offset, buffer.size(), bytes_.size());
        const auto slice = bytes_.subspan(offset, buffer.size());
        std::copy(slice.begin(), slice.end(), buffer.begin());
    }

private:
    std::shared_ptr<const Buffer> frame_;
    ConstBytes bytes_;
};

/// Says what of a frame is not there.
[[noreturn]] void throw_lost(const ObjectIndex& index, const Location& location) {
    const auto name = index.pack(location.pack);
    if (!name) {
        throw Error(Fault::corrupt, fmt::format("the index names no pack {}", location.pack))
            .hint("run `slipway fsck --rebuild-index`");
    }
    if (const auto& id = location.frame.dictionary;
        needs_dictionary(location.frame) && !index.find(id)) {
        throw Error(Fault::corrupt, fmt::format("dictionary {} is missing", id.hex()));
    }
    throw Error(Fault::corrupt, fmt::format("pack {} is missing", name->hex()));
}

} // namespace

void create_repository(const std::filesystem::path& root) {
    const RepositoryPaths paths{root};
    std::error_code missing;
    if (std::filesystem::exists(paths.marker(), missing)) {
        throw Error(Fault::usage, fmt::format("{} is a repository already", root.native()));
    }
    if (std::filesystem::exists(root, missing) && !is_begun(root)) {
        throw Error(Fault::usage, fmt::format("{} is not empty", root.native()))
            .hint("name a new directory, or an empty one");
    }
    std::filesystem::create_directories(root, missing);
    make_directory(root);
    make_directory(paths.packs());
    make_directory(paths.index());
    make_directory(paths.cache());
    const ObjectIndex index(paths.index(), Access::read_write, ObjectIndex::Missing::create);
    const State state(paths.state(), Database::Mode::create);
    // The marker comes last: a directory without it is no repository yet.
    replace_file(paths.marker(), as_bytes(marker_text));
}

void check_repository(const RepositoryPaths& paths) {
    std::error_code error;
    if (!std::filesystem::exists(paths.marker(), error)) {
        if (error && error != std::errc::not_a_directory) {
            throw system_error(error.value(), fmt::format("cannot open {}", paths.root.native()));
        }
        throw Error(Fault::not_found, fmt::format("{} is not a repository", paths.root.native()))
            .hint("name one with --repo or SLIPWAY_REPO, or make one with `slipway init`");
    }
    const auto text = read_file(paths.marker(), 4096);
    if (as_text(text) != marker_text) {
        throw Error(
            Fault::usage,
            fmt::format(
                "{} has an unknown version: '{}'",
                paths.root.native(),
                as_text(text).substr(0, as_text(text).find('\n'))
            )
        )
            .hint("use the slipway that made it, or a newer one");
    }
    if (!std::filesystem::exists(paths.packs(), error) && !error) {
        throw Error(Fault::corrupt, fmt::format("{} is missing", paths.packs().native()))
            .hint("it holds every commit: bring it back from a copy");
    }
}

Repository::Repository(const std::filesystem::path& root, Access access, Part part)
    : paths_{root}, access_(access), frames_(frame_cache_bytes) {
    check_repository(paths_);
    if (access == Access::read_write && ::access(paths_.packs().c_str(), W_OK) != 0) {
        throw_errno(fmt::format("cannot write to repository {}", root.native()));
    }
    if (access == Access::read_write && part == Part::writer) {
        writer_.emplace(paths_);
    }
    index_ = std::make_unique<ObjectIndex>(paths_.index(), access, ObjectIndex::Missing::refuse);
    state_ = std::make_shared<State>(paths_.state(), database_mode(access));
    rules_ = std::make_unique<KeyedMoves>(*this);
    branches_ = std::make_unique<Branches>(state_, rules_.get());
    signatures_ = std::make_unique<Signatures>(state_);
    shallow_ = std::make_unique<Shallow>(state_);
    key_sets_ = std::make_unique<KeySets>(state_);
    statements_ = std::make_unique<Statements>(state_);
    leases_ = std::make_unique<Leases>(state_);
}

Repository::~Repository() = default;

std::shared_ptr<const PackFile> Repository::pack(PackNumber number) const {
    const auto open = [&]() -> OpenPacks::Pack {
        const auto name = index_->pack(number);
        return name ? open_pack(paths_, *name) : nullptr;
    };
    return packs_.get(number, open, [&](PackNumber held) { return !index_->pack(held); });
}

/// Null if its pack is gone, or the dictionary that was gone with it.
std::shared_ptr<const Buffer> Repository::frame(const Location& location) const {
    const auto decode = [&]() -> std::shared_ptr<const Buffer> {
        const auto source = pack(location.pack);
        if (!source) {
            return nullptr;
        }
        const During reading([&] {
            return fmt::format(
                "reading pack {} at {}", source->name().hex(), location.frame.offset
            );
        });
        if (location.frame.offset > source->size() ||
            location.frame.stored_length > source->size() - location.frame.offset) {
            throw Error(Fault::corrupt, "frame reaches past the end of its pack")
                .hint("run `slipway fsck`");
        }
        Buffer stored(location.frame.stored_length);
        source->blob().read_at(location.frame.offset, stored);
        if (!needs_dictionary(location.frame)) {
            return std::make_shared<const Buffer>(decode_frame(location.frame, stored));
        }
        const auto with = dictionary(location.frame.dictionary);
        return with ? std::make_shared<const Buffer>(decode_frame(location.frame, stored, *with))
                    : nullptr;
    };
    return frames_.get({location.pack, location.frame.offset}, decode);
}

/// Null if there is none.
std::shared_ptr<const Buffer> Repository::dictionary(const Digest& id) const {
    return dictionaries_.get(id, [&]() -> std::shared_ptr<const Buffer> {
        const auto location = index_->find(id);
        if (location && needs_dictionary(location->frame)) {
            throw Error(
                Fault::corrupt, fmt::format("dictionary {} needs a dictionary itself", id.hex())
            );
        }
        const auto object = read(id);
        if (!object) {
            return nullptr;
        }
        auto bytes = std::make_shared<const Buffer>(read_all(*object, largest_dictionary));
        verify_dictionary(id, *bytes);
        return bytes;
    });
}

std::unique_ptr<Blob> Repository::open(const Digest& id) const {
    try {
        return read(id);
    } catch (Error& error) {
        if (error.fault() == Fault::corrupt && error.hint().empty()) {
            throw std::move(error).hint("`slipway fsck` tells all that is damaged");
        }
        throw;
    }
}

std::unique_ptr<Blob> Repository::read(const Digest& id) const {
    const During reading([&] { return "reading object " + id.hex(); });
    auto location = index_->find(id);
    std::shared_ptr<const Buffer> bytes;
    while (location && !(bytes = frame(*location))) {
        // Its pack may have been replaced between the two: then it is elsewhere now.
        const auto before = location;
        location = index_->find(id);
        if (location == before) {
            throw_lost(*index_, *location);
        }
    }
    if (!location) {
        return nullptr;
    }
    if (location->offset > bytes->size() || location->length > bytes->size() - location->offset) {
        throw Error(Fault::corrupt, "the index points past the end of a frame")
            .hint("run `slipway fsck --rebuild-index`");
    }
    verify_object(id, ConstBytes(*bytes).subspan(location->offset, location->length));
    return std::make_unique<FrameSlice>(std::move(bytes), location->offset, location->length);
}

PackContents Repository::add_pack(PackWriter& writer) const {
    const PackLock coming(paths_, LockFile::Mode::shared);
    auto finished = writer.finish();
    failpoint("pack.before-index");
    index_->add_pack(finished.pack, finished.frames);
    failpoint("pack.indexed");
    return finished;
}

void Repository::adopt_packs() const {
    const PackLock coming(paths_, LockFile::Mode::shared);
    std::set<Digest> known;
    for (const auto& [number, name] : index_->packs()) {
        known.insert(name);
    }
    std::vector<Digest> found;
    for (const auto& file : std::filesystem::directory_iterator(paths_.packs())) {
        const auto name = pack_of_file_name(file.path().filename().native());
        if (name && !known.contains(*name)) {
            found.push_back(*name);
        }
    }
    if (!found.empty()) {
        sync_directory(paths_.packs()); // their writers may have died before they did
    }
    for (const auto& name : found) {
        // One that is not there any more was replaced since.
        if (const auto pack = open_pack(paths_, name)) {
            index_->add_pack(name, pack->read_index());
        }
    }
}

} // namespace slipway::store
