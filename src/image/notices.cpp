#include "image/notices.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::image {

void Notices::add(std::string_view path, const std::string& reason, std::uint64_t count) {
    const auto [found, is_new] = by_reason_.try_emplace(reason, notices_.size());
    if (is_new) {
        notices_.push_back({std::string(path), reason, 0});
    }
    notices_[found->second].count += count;
}

std::vector<std::string> Notices::lines() const {
    std::vector<std::string> lines;
    for (const auto& notice : notices_) {
        const auto more = notice.count > 1 ? fmt::format(" and {} more", notice.count - 1) : "";
        lines.push_back(fmt::format("{}{}: {}", printable(notice.path), more, notice.reason));
    }
    return lines;
}

} // namespace slipway::image
