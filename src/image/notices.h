// What an image cannot show, told once a reason instead of once a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace slipway::image {

/// Collects notices; each reason keeps its first path and how often it was met.
class Notices {
public:
    void add(std::string_view path, const std::string& reason, std::uint64_t count = 1);

    /// "/dev/x: REASON" or "/dev/x and 3 more: REASON", in the order in which they were first met.
    std::vector<std::string> lines() const;

private:
    struct Notice {
        std::string path;
        std::string reason;
        std::uint64_t count = 0;
    };

    std::vector<Notice> notices_;
    std::unordered_map<std::string, std::size_t> by_reason_;
};

} // namespace slipway::image
