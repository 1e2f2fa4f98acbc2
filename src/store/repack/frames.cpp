#include "store/repack/frames.h"

#include <algorithm>
#include <array>

#include "base/zstd.h"

namespace slipway::store {

namespace {

constexpr std::uint64_t small_frame = 256U << 10U;
constexpr std::uint64_t large_frame = 16U << 20U;
constexpr std::uint64_t slice_bytes = 32U << 10U;
constexpr std::uint64_t group_share =
    16; ///< a dictionary has at most this part of its group's bytes
constexpr std::uint64_t least_slices = 4; ///< a smaller one is not worth it

constexpr std::array<GroupRules, group_count> all_rules{{
    {.frame_bytes = small_frame, .frame_objects = 1024}, // metadata
    {.frame_bytes = small_frame, .frame_objects = 1024}, // hot
    {.frame_bytes = small_frame,
     .frame_objects = 1024,
     .dictionary_bytes = 4U << 20U,
     .alike_bytes = 2 * small_frame}, // modules
    {.frame_bytes = large_frame,
     .frame_objects = 64U << 10U,
     .alike_bytes = large_frame / 4},                    // cold
    {.frame_bytes = small_frame, .frame_objects = 1024}, // compressed
}};

} // namespace

const GroupRules& rules_of(Group group) {
    return all_rules.at(static_cast<std::size_t>(group));
}

std::vector<PlannedFrame> plan_frames(const std::vector<OrderedObject>& objects) {
    std::vector<PlannedFrame> frames;
    for (const auto& object : objects) {
        const auto& rules = rules_of(object.group);
        if (frames.empty() || frames.back().group != object.group ||
            frames.back().objects.size() >= rules.frame_objects ||
            frames.back().raw_length + object.length > rules.frame_bytes) {
            frames.push_back({object.group, {}, 0});
        }
        frames.back().objects.push_back(object);
        frames.back().raw_length += object.length;
    }
    return frames;
}

Buffer
make_dictionary(const Contents& contents, const std::vector<OrderedObject>& objects, Group group) {
    std::uint64_t total = 0;
    for (const auto& object : objects) {
        total += object.group == group ? object.length : 0;
    }
    const auto slices =
        std::min(rules_of(group).dictionary_bytes, total / group_share) / slice_bytes;
    Buffer dictionary;
    if (slices < least_slices) {
        return dictionary;
    }
    const auto step = total / slices;
    std::uint64_t begin = 0; // of the object, in all bytes of the group
    std::uint64_t next = step / 2;
    for (const auto& object : objects) {
        if (object.group != group) {
            continue;
        }
        const auto end = begin + object.length;
        if (next < end) {
            const auto length = std::min<std::uint64_t>(slice_bytes, object.length);
            const auto offset = std::min(next - begin, object.length - length);
            const auto bytes = read_object(contents, object.id);
            const auto slice = ConstBytes(bytes).subspan(offset, length);
            dictionary.insert(dictionary.end(), slice.begin(), slice.end());
            while (next < end) {
                next += step;
            }
        }
        begin = end;
    }
    return is_trained_dictionary(dictionary) ? Buffer() : dictionary;
}

} // namespace slipway::store
