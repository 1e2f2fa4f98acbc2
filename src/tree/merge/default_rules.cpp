// The rules slipway knows by itself, as docs/merge.md explains them.
#include "tree/merge/rules.h"

namespace slipway::tree {

namespace {

/// The first rule that matches counts, so the special ones come before "/etc/**".
constexpr std::string_view rules =
    R"(# Accounts, by record. The copies with a dash are the files before their last change.
/etc/passwd                             driver passwd
/etc/group                              driver group
/etc/shadow                             driver shadow
/etc/gshadow                            driver gshadow
/etc/subuid                             driver subid
/etc/subgid                             driver subid
/etc/passwd-                            ours
/etc/group-                             ours
/etc/shadow-                            ours
/etc/gshadow-                           ours
/etc/subuid-                            ours
/etc/subgid-                            ours

# Packages of dpkg and apt.
/var/lib/dpkg/status                    driver deb822
/var/lib/dpkg/available                 driver deb822
/var/lib/dpkg/diversions                driver diversions
/var/lib/dpkg/statoverride              driver statoverride
/var/lib/dpkg/triggers/*                driver triggers
/var/lib/dpkg/alternatives/*            driver alternatives
/var/lib/dpkg/*-old                     ours
/var/lib/dpkg/info/*.list               driver sorted-lines
/var/lib/dpkg/info/*.md5sums            driver lines
/var/lib/dpkg/info/*.conffiles          driver lines
/var/lib/apt/extended_states            driver deb822
/var/lib/ucf/hashfile                   driver ucf
/var/lib/ucf/registry                   driver ucf
/var/lib/ucf/*.*                        ours
/var/cache/debconf/*.dat                driver debconf
/var/cache/debconf/*.dat-old            ours
/var/cache/apt/*.bin                    regenerate apt-cache
/var/lib/apt/lists/**                   ours
/var/lib/systemd/deb-systemd-*/**       driver sorted-lines

# Packages of apk.
/lib/apk/db/installed                   driver apk
/usr/lib/apk/db/installed               driver apk
/etc/apk/world                          driver sorted-lines
/lib/apk/db/scripts.tar*                conflict binary database
/usr/lib/apk/db/scripts.tar*            conflict binary database

# Packages of rpm.
/var/lib/rpm/**                         conflict binary database
/usr/lib/sysimage/rpm/**                conflict binary database
/var/lib/dnf/history.sqlite*            conflict binary database

# The kernel that starts where nothing else is said: that of ours goes on.
/vmlinuz                                ours
/vmlinuz.old                            ours
/initrd.img                             ours
/initrd.img.old                         ours
/boot/vmlinuz                           ours
/boot/vmlinuz.old                       ours
/boot/initrd.img                        ours
/boot/initrd.img.old                    ours

# What programs make of other files of the tree.
/etc/ld.so.cache                        regenerate ld.so.cache
/var/cache/ldconfig/aux-cache           regenerate ld.so.cache
**/lib/modules/*/modules.dep            regenerate modules
**/lib/modules/*/modules.dep.bin        regenerate modules
**/lib/modules/*/modules.alias          regenerate modules
**/lib/modules/*/modules.alias.bin      regenerate modules
**/lib/modules/*/modules.symbols        regenerate modules
**/lib/modules/*/modules.symbols.bin    regenerate modules
**/lib/modules/*/modules.softdep        regenerate modules
**/lib/modules/*/modules.weakdep        regenerate modules
**/lib/modules/*/modules.devname        regenerate modules
**/lib/modules/*/modules.builtin.bin    regenerate modules
**/lib/modules/*/modules.builtin.alias.bin regenerate modules
**/gconv/gconv-modules.cache            regenerate gconv
/usr/lib/locale/locale-archive          regenerate locales
/usr/share/mime/packages/**             conflict
/usr/local/share/mime/packages/**       conflict
/usr/share/mime/**                      regenerate mime
/usr/local/share/mime/**                regenerate mime
**/applications/mimeinfo.cache          regenerate desktop
**/icon-theme.cache                     regenerate icons
/var/cache/fontconfig/**                regenerate fonts
**/glib-2.0/schemas/gschemas.compiled   regenerate schemas
**/gio/modules/giomodule.cache          regenerate gio
**/gdk-pixbuf-2.0/*/loaders.cache       regenerate pixbuf
**/gtk-?.0/*/immodules.cache            regenerate gtk
/var/cache/man/**                       regenerate man-db
/usr/share/info/dir                     regenerate info
/etc/ssl/certs/ca-certificates.crt      regenerate certificates
/etc/ssl/certs/java/cacerts             regenerate java-certificates
/etc/mailcap                            regenerate mailcap
/var/cache/cracklib/**                  regenerate cracklib
/etc/init.d/.depend.*                   regenerate insserv
/etc/udev/hwdb.bin                      regenerate hwdb
/usr/lib/udev/hwdb.bin                  regenerate hwdb
/var/lib/systemd/catalog/database       regenerate catalog
**/__pycache__/*.pyc                    regenerate python
/boot/initrd*                           regenerate initrd
/boot/initramfs*                        regenerate initrd
/boot/grub/grub.cfg                     regenerate grub

# What a machine says about itself. Each side wrote its own history, and made its own keys.
/var/log/**                             ours
/var/lib/systemd/random-seed            ours
/etc/machine-id                         ours
/var/lib/dbus/machine-id                ours
/etc/ssh/ssh_host_*_key                 ours
/etc/ssh/ssh_host_*_key.pub             ours
/etc/ssl/certs/ssl-cert-snakeoil.pem    ours
/etc/ssl/private/ssl-cert-snakeoil.key  ours
/etc/xml/*.old                          ours
/etc/sgml/*.old                         ours

# Lists to which packages add themselves.
/etc/shells                             driver sorted-lines
/var/lib/shells.state                   driver sorted-lines

# Text.
/etc/**                                 driver lines
**.list                                 driver sorted-lines
)";

} // namespace

std::string_view default_merge_rules() {
    return rules;
}

} // namespace slipway::tree
