#include "store/assembly.h"

#include <map>

#include <fmt/format.h>

#include "store/frame_encoder.h"

namespace slipway::store {

namespace {

constexpr int level = 3;
constexpr std::size_t frame_bytes = 256U << 10U;
constexpr std::size_t frame_objects = 64;

/// The wanted objects of one frame, by their offset in it.
struct WantedFrame {
    FramePlace place;
    std::map<std::uint32_t, FrameObject> objects;

    /// Objects of a frame lie side by side and fill it.
    bool is_whole() const {
        std::uint64_t length = 0;
        for (const auto& [offset, object] : objects) {
            length += object.length;
        }
        return length == place.raw_length;
    }
};

using WantedFrames = std::map<std::pair<PackNumber, std::uint64_t>, WantedFrame>;

WantedFrames find_frames(const Repository& repository, const std::vector<Digest>& objects) {
    WantedFrames frames;
    for (const auto& id : objects) {
        const auto location = repository.index().find(id);
        if (!location) {
            throw Error(Fault::not_found, fmt::format("there is no object {}", id.hex()));
        }
        auto& frame = frames[{location->pack, location->frame.offset}];
        frame.place = location->frame;
        frame.objects[location->offset] = {id, location->kind, location->offset, location->length};
    }
    return frames;
}

class Assembly {
public:
    Assembly(const Repository& repository, Sink& out)
        : repository_(repository), encoder_(out), frames_(level) {}

    /// Another pack would have to hold its dictionary too.
    bool can_copy(const WantedFrame& wanted) const {
        return wanted.is_whole() && !needs_dictionary(wanted.place);
    }

    /// False if the pack is gone: another has taken its place.
    bool copy(PackNumber number, const WantedFrame& wanted) {
        const auto pack = repository_.pack(number);
        if (!pack) {
            return false;
        }
        EncodedFrame frame;
        frame.frame.place = wanted.place;
        for (const auto& [offset, object] : wanted.objects) {
            frame.frame.objects.push_back(object);
        }
        frame.stored.resize(wanted.place.stored_length);
        pack->blob().read_at(wanted.place.offset, frame.stored);
        encoder_.add(std::move(frame));
        return true;
    }

    void repack(const WantedFrame& wanted) {
        for (const auto& [offset, object] : wanted.objects) {
            const auto blob = repository_.open(object.id);
            if (!blob) {
                throw Error(
                    Fault::not_found, fmt::format("there is no object {}", object.id.hex())
                );
            }
            auto& draft = object.kind == Kind::chunk ? payload_ : metadata_;
            if (draft.raw.size() + object.length > frame_bytes ||
                draft.objects.size() == frame_objects) {
                close(draft);
            }
            draft.add(object.kind, object.id, read_all(*blob, tree::largest_object));
        }
    }

    FinishedPack finish() {
        close(payload_);
        close(metadata_);
        return encoder_.finish();
    }

private:
    void close(FrameDraft& draft) {
        if (!draft.objects.empty()) {
            encoder_.add(frames_.encode(std::exchange(draft, {})));
        }
    }

    const Repository& repository_;
    PackEncoder encoder_;
    FrameEncoder frames_;
    FrameDraft payload_;
    FrameDraft metadata_;
};

} // namespace

FinishedPack
write_pack_of(const Repository& repository, const std::vector<Digest>& objects, Sink& out) {
    const auto frames = find_frames(repository, objects);
    Assembly assembly(repository, out);
    for (const auto& [place, frame] : frames) {
        if (!assembly.can_copy(frame) || !assembly.copy(place.first, frame)) {
            assembly.repack(frame);
        }
    }
    return assembly.finish();
}

} // namespace slipway::store
