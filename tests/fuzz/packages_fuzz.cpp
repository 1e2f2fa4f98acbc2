// uses: formats tree base
// Any bytes as each kind of package database, and as two versions of a package.
#include "formats/packages/databases.h"
#include "formats/packages/versions.h"
#include "fuzz.h"

namespace {

using namespace slipway;

void compare(std::string_view text) {
    const auto a = text.substr(0, text.find('\n'));
    const auto b = text.substr(std::min(a.size() + 1, text.size()));
    for (const auto family :
         {formats::PackageFamily::deb,
          formats::PackageFamily::rpm,
          formats::PackageFamily::apk,
          formats::PackageFamily::pacman}) {
        const auto order = formats::compare_package_versions(family, a, b);
        fuzz::require(order == -formats::compare_package_versions(family, b, a));
        fuzz::require(formats::compare_package_versions(family, a, a) == 0);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::input(data, size);
    fuzz::allow_corrupt([&] { formats::parse_dpkg_status(bytes); });
    fuzz::allow_corrupt([&] { formats::parse_apk_installed(bytes); });
    fuzz::allow_corrupt([&] { formats::parse_pacman_desc(bytes); });
    fuzz::allow_corrupt([&] { formats::parse_rpm_header(bytes); });
    fuzz::allow_corrupt([&] { formats::parse_rpm_sqlite(to_buffer(bytes)); });
    compare(as_text(bytes));
    return 0;
}
