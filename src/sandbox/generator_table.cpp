#include "sandbox/generator_table.h"

#include <array>

namespace slipway::sandbox {

namespace {

using std::chrono::minutes;

constexpr std::string_view anything = "-"; // for programs that need no argument

std::string whole(std::string_view /*path*/) {
    return std::string(anything);
}

std::string directory(std::string_view path) {
    return std::string(path.substr(0, path.rfind('/')));
}

/// What lies between `before` and `after`; empty if they are not there.
std::string between(std::string_view path, std::string_view before, std::string_view after) {
    const auto begin = path.find(before);
    if (begin == std::string_view::npos) {
        return {};
    }
    path.remove_prefix(begin + before.size());
    const auto end = after.empty() ? path.size() : path.find(after);
    return end == std::string_view::npos ? std::string() : std::string(path.substr(0, end));
}

std::string kernel_release(std::string_view path) {
    return between(path, "/lib/modules/", "/");
}

std::string mime_directory(std::string_view path) {
    constexpr std::string_view mime = "/mime";
    const auto at = path.find("/mime/");
    return at == std::string_view::npos ? std::string()
                                        : std::string(path.substr(0, at + mime.size()));
}

/// "/usr/lib/x86_64-linux-gnu", before the directory whose name begins with `marker`.
std::string library_directory(std::string_view path, std::string_view marker) {
    const auto at = path.find(marker);
    return std::string(path.substr(0, at == std::string_view::npos ? 0 : at));
}

std::string before_gio(std::string_view path) {
    return library_directory(path, "/gio/");
}

std::string before_pixbuf(std::string_view path) {
    return library_directory(path, "/gdk-pixbuf-2.0/");
}

std::string before_gtk_3(std::string_view path) {
    return library_directory(path, "/gtk-3.0/");
}

std::string before_gtk_2(std::string_view path) {
    return library_directory(path, "/gtk-2.0/");
}

std::string in_etc(std::string_view path) {
    return path.starts_with("/etc/") ? whole(path) : std::string();
}

std::string in_usr(std::string_view path) {
    return path.starts_with("/usr/") ? whole(path) : std::string();
}

std::string debian_initrd(std::string_view path) {
    return between(path, "/boot/initrd.img-", "");
}

std::string other_initrd(std::string_view path) {
    return between(path, "/boot/initramfs-", ".img");
}

/// "3.11" of "x.cpython-311.pyc"; those that are optimised are left to others.
std::string python_version(std::string_view path) {
    const auto digits = between(path, ".cpython-", ".pyc");
    if (digits.size() < 2 || digits.find_first_not_of("0123456789") != std::string::npos) {
        return {};
    }
    return digits.substr(0, 1) + "." + digits.substr(1);
}

// One line a generator.
// clang-format off
constexpr std::array table{
    Generator{"ld.so.cache", whole, "/sbin/ldconfig", "", "/etc/ld.so.cache"},
    Generator{"modules", kernel_release, "/sbin/depmod", "-a {}", "**/lib/modules/{}/modules.*"},
    Generator{"gconv", whole, "/usr/sbin/iconvconfig", "", "**/gconv/gconv-modules.cache"},
    Generator{"locales", whole, "/usr/sbin/locale-gen", "", "/usr/lib/locale/**", minutes(15)},
    Generator{"python", python_version, "/usr/bin/python{}", "-m compileall -q --invalidation-mode timestamp {sources}", "", minutes(15)},
    Generator{"certificates", whole, "/usr/sbin/update-ca-certificates", "", "/etc/ssl/certs/**"},
    Generator{"certificates", whole, "/usr/bin/update-ca-trust", "", "/etc/pki/ca-trust/extracted/**"},
    Generator{"java-certificates", whole, "/usr/sbin/update-ca-certificates", "--fresh", "/etc/ssl/certs/java/cacerts"},
    Generator{"mailcap", whole, "/usr/sbin/update-mime", "", "/etc/mailcap"},
    Generator{"cracklib", whole, "/usr/sbin/update-cracklib", "", "/var/cache/cracklib/**"},
    Generator{"insserv", whole, "/usr/sbin/insserv", "", "/etc/init.d/.depend.*"},
    Generator{"hwdb", in_etc, "/usr/bin/systemd-hwdb", "update", "/etc/udev/hwdb.bin"},
    Generator{"hwdb", in_usr, "/usr/bin/systemd-hwdb", "--usr update", "/usr/lib/udev/hwdb.bin"},
    Generator{"catalog", whole, "/usr/bin/journalctl", "--update-catalog", "/var/lib/systemd/catalog/database"},
    Generator{"mime", mime_directory, "/usr/bin/update-mime-database", "{}", "{}/**"},
    Generator{"desktop", directory, "/usr/bin/update-desktop-database", "--quiet {}", "{}/mimeinfo.cache"},
    Generator{"icons", directory, "/usr/bin/gtk-update-icon-cache", "--force --quiet {}", "{}/icon-theme.cache"},
    Generator{"icons", directory, "/usr/bin/gtk4-update-icon-cache", "--force --quiet {}", "{}/icon-theme.cache"},
    Generator{"schemas", directory, "/usr/bin/glib-compile-schemas", "{}", "{}/gschemas.compiled"},
    Generator{"schemas", directory, "/usr/lib/*/glib-2.0/glib-compile-schemas", "{}", "{}/gschemas.compiled"},
    Generator{"gio", before_gio, "{}/glib-2.0/gio-querymodules", "{}/gio/modules", "{}/gio/modules/giomodule.cache"},
    Generator{"gio", before_gio, "/usr/bin/gio-querymodules", "{}/gio/modules", "{}/gio/modules/giomodule.cache"},
    Generator{"pixbuf", before_pixbuf, "{}/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders", "--update-cache", "{}/gdk-pixbuf-2.0/*/loaders.cache"},
    Generator{"pixbuf", before_pixbuf, "/usr/bin/gdk-pixbuf-query-loaders", "--update-cache", "{}/gdk-pixbuf-2.0/*/loaders.cache"},
    Generator{"gtk", before_gtk_3, "{}/libgtk-3-0/gtk-query-immodules-3.0", "--update-cache", "{}/gtk-3.0/*/immodules.cache"},
    Generator{"gtk", before_gtk_2, "{}/libgtk2.0-0/gtk-query-immodules-2.0", "--update-cache", "{}/gtk-2.0/*/immodules.cache"},
    Generator{"fonts", whole, "/usr/bin/fc-cache", "--system-only --force", "/var/cache/fontconfig/**"},
    Generator{"info", whole, "/usr/sbin/update-info-dir", "", "/usr/share/info/dir"},
    Generator{"man-db", whole, "/usr/bin/mandb", "--create --quiet", "/var/cache/man/**", minutes(15)},
    Generator{"apt-cache", whole, "/usr/bin/apt-cache", "gencaches", "/var/cache/apt/*.bin"},
    Generator{"initrd", debian_initrd, "/usr/sbin/mkinitramfs", "-o /boot/initrd.img-{} {}", "/boot/initrd.img-{}", minutes(30)},
    Generator{"initrd", other_initrd, "/usr/bin/mkinitcpio", "-p {}", "/boot/initramfs-{}.img", minutes(30)},
    Generator{"initrd", other_initrd, "/usr/bin/dracut", "--force /boot/initramfs-{}.img {}", "/boot/initramfs-{}.img", minutes(30)},
};
// clang-format on

} // namespace

std::span<const Generator> generators() {
    return table;
}

std::string python_source(std::string_view path) {
    constexpr std::string_view cache = "/__pycache__/";
    const auto at = path.find(cache);
    const auto name = between(path, cache, ".cpython-");
    return at == std::string_view::npos || name.empty()
               ? std::string()
               : std::string(path.substr(0, at + 1)) + name + ".py";
}

} // namespace slipway::sandbox
