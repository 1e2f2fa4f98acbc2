#include "formats/scan_problems.h"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"

namespace slipway::formats {

void ScanProblems::tolerate(std::string text) {
    reporter_.notice(text);
    tolerated_.lock()->push_back(std::move(text));
}

void ScanProblems::unreadable(int code, std::string_view path) {
    if (options_.unreadable == ScanOptions::Unreadable::refuse) {
        throw system_error(code, fmt::format("cannot read {}", path));
    }
    tolerate(fmt::format("{} is skipped: {}", path, std::generic_category().message(code)));
}

void ScanProblems::failed(int code, std::string_view path) {
    // What has become a link or another kind of thing since it was listed has changed, too.
    if (code == ENOENT || code == ENOTDIR || code == ELOOP || code == ENXIO) {
        changed(path, "vanished");
    } else {
        unreadable(code, path);
    }
}

void ScanProblems::changed(std::string_view path, std::string_view how) {
    if (options_.changing == ScanOptions::Changing::refuse) {
        throw Error(Fault::unavailable, fmt::format("{} {} while it was read", path, how))
            .hint("stop what writes to it, or take what is there with --allow-changing");
    }
    tolerate(fmt::format("{} {} while it was read", path, how));
}

} // namespace slipway::formats
