#include "store/repack/similar.h"

#include <cstring>
#include <unordered_map>

namespace slipway::store {

namespace {

constexpr std::size_t gram = 12; ///< bytes hashed together: shorter than most instructions' run
constexpr std::uint32_t sampled =
    0x1F; ///< one position in 32 is looked at, whatever lies before it
constexpr std::size_t least_shared = 3; ///< hashes in common that make two objects alike
constexpr std::size_t none = SIZE_MAX;

/// Of the bytes from `at` on; zero for a run of zeros, which says nothing.
std::uint64_t hash_of(const std::byte* at) {
    std::uint64_t head = 0;
    std::uint32_t tail = 0;
    std::memcpy(&head, at, sizeof head);
    std::memcpy(&tail, at + sizeof head, sizeof tail);
    if (head == 0) {
        return 0;
    }
    const auto mixed = (head ^ (std::uint64_t{tail} << 29U)) * 0x9E3779B97F4A7C15U;
    return (mixed ^ (mixed >> 32U)) * 0xBF58476D1CE4E5B9U;
}

/// Which objects have what in their sketches.
class Likeness {
public:
    explicit Likeness(const std::vector<Sketched>& objects) : objects_(objects) {}

    /// The object before it that is most like it, and was noted; none if there is none.
    std::size_t find(const Sketch& sketch) const {
        std::size_t best = none;
        std::size_t most = least_shared - 1;
        for (std::size_t i = 0; i < sketch.size(); ++i) {
            const auto known = owners_.find(key(i, sketch.at(i)));
            if (sketch.at(i) == 0 || known == owners_.end()) {
                continue;
            }
            const auto shared = count_shared(sketch, objects_[known->second].sketch);
            if (shared > most) {
                most = shared;
                best = known->second;
            }
        }
        return best;
    }

    /// Later ones take the place of earlier ones: what is near is more likely to be like the next.
    void note(std::size_t number) {
        const auto& sketch = objects_[number].sketch;
        for (std::size_t i = 0; i < sketch.size(); ++i) {
            if (sketch.at(i) != 0) {
                owners_[key(i, sketch.at(i))] = number;
            }
        }
    }

private:
    static std::uint64_t key(std::size_t place, std::uint32_t hash) {
        return (std::uint64_t{place} << 32U) | hash;
    }

    static std::size_t count_shared(const Sketch& a, const Sketch& b) {
        std::size_t shared = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            shared += a.at(i) != 0 && a.at(i) == b.at(i) ? 1 : 0;
        }
        return shared;
    }

    const std::vector<Sketched>& objects_;
    std::unordered_map<std::uint64_t, std::size_t> owners_;
};

} // namespace

Sketch sketch_of(ConstBytes bytes) {
    Sketch sketch{};
    for (std::size_t i = 0; i + gram <= bytes.size(); ++i) {
        const auto hash = hash_of(bytes.data() + i);
        if (hash == 0 || (hash & sampled) != 0) {
            continue;
        }
        auto& least = sketch.at((hash >> 5U) % sketch.size());
        const auto value = static_cast<std::uint32_t>(hash >> 32U) | 1U;
        if (least == 0 || value < least) {
            least = value;
        }
    }
    return sketch;
}

std::vector<std::size_t>
order_by_likeness(const std::vector<Sketched>& objects, std::uint64_t cluster_bytes) {
    Likeness likeness(objects);
    std::vector<std::size_t> first_of(objects.size()); // of each object's cluster
    std::vector<std::uint64_t> bytes(objects.size());  // of the cluster, at its first
    std::vector<std::vector<std::size_t>> followers(objects.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto like = likeness.find(objects[i].sketch);
        const auto first = like == none ? i : first_of[like];
        const auto joins = first != i && bytes[first] + objects[i].length <= cluster_bytes;
        first_of[i] = joins ? first : i;
        bytes[first_of[i]] += objects[i].length;
        if (joins) {
            followers[first].push_back(i);
        }
        likeness.note(i);
    }
    std::vector<std::size_t> order;
    order.reserve(objects.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
        if (first_of[i] == i) {
            order.push_back(i);
            order.insert(order.end(), followers[i].begin(), followers[i].end());
        }
    }
    return order;
}

} // namespace slipway::store
