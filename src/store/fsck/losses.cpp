#include "store/fsck/losses.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::store {

std::string text_of(const std::vector<NeededAt>& places) {
    std::string text;
    for (std::size_t i = 0; i < places.size(); ++i) {
        text += (i == 0 ? "" : ", ") + printable(places[i].path);
        if (i + 1 == places.size() || places[i + 1].commit != places[i].commit) {
            text += " of commit " + places[i].commit;
        }
    }
    return text;
}

void Losses::add(const Digest& id, std::string_view what, NeededAt place) {
    const auto known = by_id_.find(id);
    if (known == by_id_.end()) {
        if (losses_.size() < most_problems) {
            by_id_.emplace(id, losses_.size());
            losses_.push_back({id, std::string(what), {std::move(place)}, 1});
        }
        return;
    }
    auto& loss = losses_[known->second];
    ++loss.needed;
    if (loss.named.size() < paths_named) {
        loss.named.push_back(std::move(place));
    }
}

void Losses::tell(Findings& findings) const {
    for (const auto& loss : losses_) {
        auto subject = text_of(loss.named);
        if (const auto more = loss.needed - loss.named.size(); more > 0) {
            subject += fmt::format(" and {} more", more);
        }
        findings.problem(
            std::move(subject), fmt::format("{} {} is missing or damaged", loss.what, loss.id.hex())
        );
    }
}

} // namespace slipway::store
