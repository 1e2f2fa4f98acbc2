#include "store/repack/gather.h"

#include <fmt/format.h>

#include "base/pipeline.h"
#include "store/repack/frames.h"
#include "store/repack/similar.h"

namespace slipway::store {

namespace {

constexpr std::uint32_t least_length = 16U << 10U; ///< smaller ones have too little to tell by

bool may_move(const OrderedObject& object) {
    return rules_of(object.group).alike_bytes > 0 && object.length >= least_length;
}

std::vector<Sketched> sketch_all(
    const Contents& contents, const std::vector<OrderedObject>& objects, Reporter& reporter
) {
    std::uint64_t total = 0;
    for (const auto& object : objects) {
        total += may_move(object) ? object.length : 0;
    }
    std::vector<Sketched> sketched(objects.size());
    Task task(reporter, "finding what is alike", Unit::bytes, total);
    parallel_for(objects.size(), [&](std::size_t i) {
        sketched[i].length = objects[i].length;
        if (may_move(objects[i])) {
            sketched[i].sketch = sketch_of(read_object(contents, objects[i].id));
            task.advance(objects[i].length);
        }
    });
    return sketched;
}

} // namespace

std::vector<OrderedObject> gather_alike(
    const Contents& contents, const std::vector<OrderedObject>& objects, Reporter& reporter
) {
    const auto sketched = sketch_all(contents, objects, reporter);
    std::vector<OrderedObject> gathered;
    gathered.reserve(objects.size());
    for (std::size_t begin = 0; begin < objects.size();) {
        const auto group = objects[begin].group;
        auto end = begin;
        while (end < objects.size() && objects[end].group == group) {
            ++end;
        }
        const std::vector<Sketched> own(
            sketched.begin() + static_cast<std::ptrdiff_t>(begin),
            sketched.begin() + static_cast<std::ptrdiff_t>(end)
        );
        for (const auto i : order_by_likeness(own, rules_of(group).alike_bytes)) {
            gathered.push_back(objects[begin + i]);
        }
        begin = end;
    }
    return gathered;
}

} // namespace slipway::store
