#include "store/gc/id_set.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/mman.h>

#include "base/file.h"

namespace slipway::store {

namespace {

constexpr std::size_t write_bytes = 1U << 20U;
constexpr std::size_t bits = 64;

static_assert(sizeof(Digest) == 32 && alignof(Digest) == 1, "ids are mapped as they lie on disk");

/// Where `id` would be among `count` ids that are spread evenly.
std::size_t expected_place(const Digest& id, std::size_t count) {
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        first = first << 8U | id.bytes.at(i);
    }
    return static_cast<std::size_t>((first * count) >> 32U);
}

std::uint64_t bit_of(std::size_t place) {
    return 1ULL << (place % bits);
}

} // namespace

SortedIds::SortedIds(
    const std::filesystem::path& directory,
    const std::function<void(const std::function<void(const Digest&)>& take)>& produce
) {
    const auto file = open_file(directory, O_RDWR | O_TMPFILE, 0600);
    Buffer waiting;
    std::size_t count = 0;
    const auto write = [&] {
        write_all(file.get(), waiting, "the list of objects");
        waiting.clear();
    };
    produce([&](const Digest& id) {
        waiting.insert(waiting.end(), id.view().begin(), id.view().end());
        ++count;
        if (waiting.size() >= write_bytes) {
            write();
        }
    });
    write();
    if (count == 0) {
        return;
    }
    auto* const mapped =
        mmap(nullptr, count * sizeof(Digest), PROT_READ, MAP_SHARED, file.get(), 0);
    if (mapped == MAP_FAILED) { // NOLINT(*-cstyle-cast,*-int-to-ptr): the system's own.
        throw_errno("cannot map the list of objects");
    }
    ids_ = {static_cast<const Digest*>(mapped), count};
}

SortedIds::~SortedIds() {
    if (!ids_.empty()) {
        // NOLINTNEXTLINE(*-const-cast): munmap takes what mmap gave.
        munmap(const_cast<Digest*>(ids_.data()), ids_.size_bytes());
    }
}

std::optional<std::size_t> SortedIds::find(const Digest& id) const {
    if (ids_.empty()) {
        return std::nullopt;
    }
    // From where it should be, in growing steps, until it is enclosed.
    auto first = std::min(expected_place(id, ids_.size()), ids_.size() - 1);
    auto last = first;
    for (std::size_t step = 16; first > 0 && id < ids_[first]; step *= 2) {
        first -= std::min(first, step);
    }
    for (std::size_t step = 16; last < ids_.size() - 1 && ids_[last] < id; step *= 2) {
        last += std::min(ids_.size() - 1 - last, step);
    }
    const auto part = ids_.subspan(first, last - first + 1);
    const auto found = std::lower_bound(part.begin(), part.end(), id);
    if (found == part.end() || *found != id) {
        return std::nullopt;
    }
    return first + static_cast<std::size_t>(found - part.begin());
}

IdSet::IdSet(const ObjectIndex& index, const std::filesystem::path& scratch)
    : held_(
          scratch,
          [&](const auto& take) {
              index.each([&](const Digest& id, const Location&) { take(id); });
          }
      ),
      condemned_(
          scratch,
          [&](const auto& take) {
              index.each_condemned([&](const Digest& id, const Location&) { take(id); });
          }
      ),
      marks_((held_.ids().size() + condemned_.ids().size() + bits - 1) / bits) {}

std::optional<std::size_t> IdSet::position(const Digest& id) const {
    if (const auto place = held_.find(id)) {
        return place;
    }
    const auto place = condemned_.find(id);
    return place ? std::optional(held_.ids().size() + *place) : std::nullopt;
}

IdSet::Mark IdSet::mark(const Digest& id) {
    const auto place = position(id);
    if (!place) {
        return Mark::not_in_set;
    }
    const auto before = marks_[*place / bits].fetch_or(bit_of(*place));
    return (before & bit_of(*place)) != 0 ? Mark::was_there : Mark::made;
}

bool IdSet::is_marked(const Digest& id) const {
    const auto place = position(id);
    return place && (marks_[*place / bits].load() & bit_of(*place)) != 0;
}

void IdSet::each_unneeded(const std::function<void(const Digest& id)>& visit) const {
    const auto ids = held_.ids();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if ((marks_[i / bits].load() & bit_of(i)) == 0) {
            visit(ids[i]);
        }
    }
}

} // namespace slipway::store
