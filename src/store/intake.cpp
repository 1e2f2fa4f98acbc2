#include "store/intake.h"

#include <algorithm>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/pipeline.h"
#include "store/dictionary_cache.h"
#include "tree/codec.h"

namespace slipway::store {

namespace {

/// An object of another kind than its pack says would be looked for in vain where it is needed.
void check_kind(const FrameObject& object, ConstBytes bytes) {
    const During reading([&] { return "reading object " + object.id.hex(); });
    if (object.kind == dictionary_kind) {
        verify_dictionary(object.id, bytes);
        return;
    }
    switch (object.kind) {
    case Kind::chunk:
        if (bytes.empty() || bytes.size() > tree::largest_chunk) {
            throw Error(Fault::corrupt, fmt::format("a chunk of {} bytes", bytes.size()));
        }
        break;
    case Kind::chunk_list:
        tree::decode_chunk_list(bytes);
        break;
    case Kind::directory:
        tree::decode_directory(bytes);
        break;
    case Kind::commit:
        tree::decode_commit(bytes);
        break;
    }
}

/// What nobody has come back for.
void remove_old_parts(const std::filesystem::path& directory) {
    using Clock = std::filesystem::file_time_type::clock;
    constexpr std::chrono::hours longest_kept{7 * 24};
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const auto written = entry.last_write_time(ignored);
        if (entry.path().extension() == ".part" && !ignored &&
            Clock::now() - written > longest_kept) {
            std::filesystem::remove(entry.path(), ignored);
        }
    }
}

/// The dictionaries of a pack that has arrived: its own, or those of the repository.
class ArrivedDictionaries {
public:
    ArrivedDictionaries(
        const PackFile& pack, const std::vector<Frame>& frames, const Contents* repository
    )
        : pack_(pack), repository_(repository) {
        for (const auto& frame : frames) {
            for (const auto& object : frame.objects) {
                if (object.kind == dictionary_kind && !needs_dictionary(frame.place)) {
                    own_.emplace(object.id, std::pair(frame.place, object));
                }
            }
        }
    }

    /// Throws Fault::not_found if it is nowhere yet.
    DictionaryCache::Bytes get(const Digest& id) {
        return cache_.get(id, [&] {
            auto bytes = std::make_shared<const Buffer>(read(id));
            verify_dictionary(id, *bytes);
            return bytes;
        });
    }

private:
    Buffer read(const Digest& id) const {
        if (const auto found = own_.find(id); found != own_.end()) {
            const auto& [place, object] = found->second;
            Buffer stored(place.stored_length);
            pack_.blob().read_at(place.offset, stored);
            const auto raw = decode_frame(place, stored);
            return to_buffer(ConstBytes(raw).subspan(object.offset, object.length));
        }
        const auto blob = repository_ != nullptr ? repository_->open(id) : nullptr;
        if (!blob) {
            throw Error(Fault::not_found, fmt::format("dictionary {} is not here", id.hex()));
        }
        return read_all(*blob, largest_dictionary);
    }

    const PackFile& pack_;
    const Contents* repository_;
    std::map<Digest, std::pair<FramePlace, FrameObject>> own_;
    DictionaryCache cache_;
};

void verify_frame(const PackFile& pack, const Frame& frame, ArrivedDictionaries& dictionaries) {
    Buffer stored(frame.place.stored_length);
    pack.blob().read_at(frame.place.offset, stored);
    const auto with =
        needs_dictionary(frame.place) ? dictionaries.get(frame.place.dictionary) : nullptr;
    const auto raw = decode_frame(frame.place, stored, with ? ConstBytes(*with) : ConstBytes());
    for (const auto& object : frame.objects) {
        const auto bytes = ConstBytes(raw).subspan(object.offset, object.length);
        verify_object(object.id, bytes);
        check_kind(object, bytes);
    }
}

} // namespace

VerifiedPack verify_pack(
    const std::filesystem::path& file,
    const std::optional<Digest>& expected,
    const Contents* dictionaries
) {
    const PackFile pack{FileBlob(file)};
    if (expected && pack.name() != *expected) {
        throw Error(
            Fault::corrupt,
            fmt::format("this is pack {}, not {}", pack.name().hex(), expected->hex())
        );
    }
    pack.verify_bytes();
    auto frames = pack.read_index();
    ArrivedDictionaries known(pack, frames, dictionaries);
    parallel_for(frames.size(), [&](std::size_t i) { verify_frame(pack, frames[i], known); });
    return {file, pack.name(), std::move(frames)};
}

Intake::Intake(Repository& repository)
    : repository_(repository), directory_(repository.paths().cache() / "incoming") {
    if (mkdir(repository.paths().cache().c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot create {}", repository.paths().cache().native()));
    }
    if (mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST) {
        throw_errno(fmt::format("cannot create {}", directory_.native()));
    }
    remove_abandoned(repository.paths().packs());
    remove_abandoned(directory_);
    remove_old_parts(directory_);
    repository.adopt_packs();
}

bool Intake::is_new(const std::vector<Frame>& frames) const {
    return std::any_of(frames.begin(), frames.end(), [&](const Frame& frame) {
        return std::any_of(
            frame.objects.begin(),
            frame.objects.end(),
            [&](const FrameObject& object) { return !repository_.index().holds(object.id); }
        );
    });
}

/// So far perhaps nothing needed them, and they wait to be collected.
void Intake::keep_dictionaries(const std::vector<Frame>& frames) const {
    auto needed = dictionaries_of(frames);
    auto& index = repository_.index();
    std::erase_if(needed, [&](const Digest& id) { return index.holds(id); });
    if (needed.empty()) {
        return;
    }
    index.reprieve(needed);
    const auto is_own = [&](const Digest& id) {
        return std::any_of(frames.begin(), frames.end(), [&](const Frame& frame) {
            return std::any_of(
                frame.objects.begin(),
                frame.objects.end(),
                [&](const FrameObject& object) {
                    return object.kind == dictionary_kind && object.id == id;
                }
            );
        });
    };
    for (const auto& id : needed) {
        if (!index.holds(id) && !is_own(id)) {
            throw Error(
                Fault::unavailable, fmt::format("dictionary {} was collected meanwhile", id.hex())
            )
                .hint("run the same command again");
        }
    }
}

void Intake::take(const VerifiedPack& pack) {
    if (!is_new(pack.frames)) {
        unlink(pack.file.c_str());
        return;
    }
    const auto file = open_file(pack.file, O_RDONLY);
    const auto target = repository_.paths().packs() / pack_file_name(pack.name);
    fchmod(file.get(), 0444);
    sync_file(file.get(), pack.file.native());
    failpoint("intake.before-rename");
    const PackLock coming(repository_.paths(), LockFile::Mode::shared);
    keep_dictionaries(pack.frames);
    if (rename(pack.file.c_str(), target.c_str()) != 0) {
        throw_errno(fmt::format("cannot move {} to {}", pack.file.native(), target.native()));
    }
    sync_directory(repository_.paths().packs());
    failpoint("intake.before-index");
    repository_.index().add_pack(pack.name, pack.frames);
    failpoint("intake.done");
    ++totals_.packs;
    totals_.bytes += std::filesystem::file_size(target);
    for (const auto& frame : pack.frames) {
        totals_.objects += frame.objects.size();
    }
}

} // namespace slipway::store
