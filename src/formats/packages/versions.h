// Which of two versions of a package is the newer one: each family of distributions has its own
// rule.
#pragma once

#include <string_view>

namespace slipway::formats {

/// Whose package database it is.
enum class PackageFamily { deb, rpm, apk, pacman };

/// "deb", "rpm", "apk", "pacman".
std::string_view family_name(PackageFamily family);

/// Negative, zero or positive as version `a` is older than `b`, as old, or newer. Any bytes may be
/// given. Two different texts can be the same version: 1.0 and 1.00.
int compare_package_versions(PackageFamily family, std::string_view a, std::string_view b);

/// [EPOCH:]UPSTREAM[-REVISION], Debian Policy 5.6.12: `~` before everything, letters before other
/// characters, runs of digits by their number.
int compare_deb_versions(std::string_view a, std::string_view b);

/// [EPOCH:]VERSION[-RELEASE], as rpm compares them (rpmvercmp): segments of digits or of letters,
/// digits newer than letters; `~` before the end, `^` after it but before more.
int compare_rpm_versions(std::string_view a, std::string_view b);

/// DIGITS[.DIGITS]...[LETTER][_SUFFIX[DIGITS]]...[~HASH][-rDIGITS], apk-tools' apk-version(8).
int compare_apk_versions(std::string_view a, std::string_view b);

/// [EPOCH:]VERSION[-RELEASE], as pacman's vercmp(8): rpm's rule of before `~` and `^`; a release is
/// compared only if both have one.
int compare_pacman_versions(std::string_view a, std::string_view b);

} // namespace slipway::formats
