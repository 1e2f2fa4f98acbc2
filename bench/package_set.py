"""The packages that bench/packages takes from one system to another, and how each shows that it works."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Package:
    name: str      # of its branches and in the table
    install: str   # what apt-get is told to install
    shows: str     # why it is in the set
    starts: str    # a shell script in the tree, without a network; status 0: it works
    before: str = "" # a shell script in the tree, before apt
    decide: tuple = () # in the stack it meets another package that set up the same thing in another way


POSTGRES = r"""
pg_lsclusters -h | grep -q . || { echo "there is no cluster"; exit 1; }
set -- $(pg_lsclusters -h)
pg_ctlcluster "$1" "$2" start
answer=$(su postgres -c "psql -tAc 'create table t (x int); insert into t values (6), (7); select sum(x) from t' postgres" | tail -n 1)
pg_ctlcluster "$1" "$2" stop
test "$answer" = 13
"""

REDIS = r"""
install -d -o redis -g redis /run/redis
su -s /bin/sh redis -c 'redis-server /etc/redis/redis.conf --supervised no --daemonize yes'
for i in 1 2 3 4 5 6 7 8 9 10; do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.5; done
redis-cli set word slipway
test "$(redis-cli get word)" = slipway
su -s /bin/sh redis -c 'redis-cli save' | grep -q OK
redis-cli shutdown
"""

APACHE = r"""
install -d /run/lock
apache2ctl configtest
apache2ctl start
for i in 1 2 3 4 5 6 7 8 9 10; do curl -sf http://127.0.0.1/ -o /tmp/page && break; sleep 0.5; done
apache2ctl stop
grep -q 'It works' /tmp/page
"""

AVAHI = r"""
install -d -o messagebus -g messagebus /run/dbus
dbus-daemon --system --fork
avahi-daemon --daemonize --no-rlimits
dbus-send --system --print-reply --dest=org.freedesktop.Avahi / org.freedesktop.Avahi.Server.GetVersionString | grep -q avahi
avahi-daemon --kill
"""

EDITOR = r"""
query=$(update-alternatives --query editor)
best=$(printf '%s\n' "$query" | sed -n 's/^Best: //p')
test "$(readlink /etc/alternatives/editor)" = "$best"
test "$(readlink -f /usr/bin/editor)" = "$(readlink -f "$best")"
"""

DIVERSION = r"""
test "$(dpkg-divert --listpackage /sbin/halt)" = molly-guard || test "$(dpkg-divert --listpackage /usr/sbin/halt)" = molly-guard
for command in halt reboot shutdown; do
    grep -q molly-guard "$(readlink -f "/sbin/$command")"
    test -e "$(dpkg-divert --truename "/sbin/$command")" || test -e "/sbin/$command.no-molly-guard"
done
"""

KERNEL = r"""
for image in /boot/vmlinuz-*-cloud-amd64; do
    version=${image#/boot/vmlinuz-}
    modprobe --set-version "$version" --show-depends virtio_blk
    modprobe --set-version "$version" --show-depends ext4
    lsinitramfs "/boot/initrd.img-$version" | grep -q "lib/modules/$version/modules.dep"
done
test -e /vmlinuz && test -e /initrd.img
"""

CERTIFICATES = r"""
test "$(grep -c BEGIN /etc/ssl/certs/ca-certificates.crt)" -gt 100
test "$(grep -c '^[^!#]' /etc/ca-certificates.conf)" = "$(grep -c BEGIN /etc/ssl/certs/ca-certificates.crt)"
openssl verify -CApath /etc/ssl/certs /usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt
"""

REQUESTS = r"""
python3 -c 'import requests, urllib3, ssl; ssl.create_default_context(cafile=requests.certs.where())'
"""

DESKTOP = r"""
fc-match 'DejaVu Sans' | grep -q DejaVuSans.ttf
printf '\211PNG\r\n\032\n' >/tmp/picture
gio info -a standard::content-type /tmp/picture | grep -q image/png
GSETTINGS_BACKEND=memory gsettings get org.gnome.desktop.interface font-name | grep -q .
desktop-file-validate --version || true
grep -q . /usr/share/applications/mimeinfo.cache || test ! -e /usr/share/applications/mimeinfo.cache
"""

LOCALES = r"""
test "$(LC_ALL=de_DE.UTF-8 locale -k decimal_point 2>&1)" = 'decimal_point=","'
"""

ZSH = r"""
test "$(zsh -c 'print -r -- $((6 * 7))')" = 42
test "$(grep -cx /bin/zsh /etc/shells)" = 1
"""

# A package of our own, for no small package of Debian diverts a file that its updates change.
DIVERTER = r"""
mkdir -p /tmp/diverter/DEBIAN /tmp/diverter/usr/bin
cd /tmp/diverter
printf 'Package: slipway-diverter\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: wraps apt-cache\n' >DEBIAN/control
printf '#!/bin/sh\nset -e\ndpkg-divert --package slipway-diverter --add --rename --divert /usr/bin/apt-cache.distrib /usr/bin/apt-cache\n' >DEBIAN/preinst
printf '#!/bin/sh\nset -e\n[ "$1" != remove ] || dpkg-divert --package slipway-diverter --remove --rename --divert /usr/bin/apt-cache.distrib /usr/bin/apt-cache\n' >DEBIAN/postrm
printf '#!/bin/sh\necho wrapped\nexec /usr/bin/apt-cache.distrib "$@"\n' >usr/bin/apt-cache
chmod 755 DEBIAN/preinst DEBIAN/postrm usr/bin/apt-cache
dpkg-deb --root-owner-group --build /tmp/diverter /tmp/diverter.deb
"""

DIVERTED = r"""
apt-cache --version | grep -qx wrapped
test "$(dpkg-query --show --showformat '${Version}' apt)" = "$(apt-cache --version | sed -n 's/^apt \([^ ]*\) .*/\1/p')"
"""

VIM = EDITOR + "vim.tiny --version | grep -q 'VIM - Vi IMproved'\n"

DIVERTS = Package("diverter", "/tmp/diverter.deb", "diverts a file that the update changes", DIVERTED, before=DIVERTER)

PACKAGES = [
    Package("postgresql", "postgresql", "many dependencies, adduser, a server", POSTGRES),
    Package("redis", "redis-server", "adduser, a server", REDIS),
    Package("nano", "nano", "alternatives", EDITOR + "nano --version | grep -q GNU\n"),
    Package("molly-guard", "molly-guard", "diversions", DIVERSION),
    Package("apache2", "apache2", "a systemd unit, a server", APACHE),
    Package("kernel", "linux-image-cloud-amd64", "a kernel", KERNEL),
    # Both bring openssl, which makes the directory of keys; with postgresql came a group that may read it.
    Package("ca-certificates", "ca-certificates", "generated certificates", CERTIFICATES,
            decide=("--ours", "/etc/ssl/private")),
    Package("requests", "python3-requests", "a Python library", REQUESTS, decide=("--ours", "/etc/ssl/private")),
    Package("desktop", "fontconfig fonts-dejavu-core shared-mime-info desktop-file-utils hicolor-icon-theme "
            "gsettings-desktop-schemas libglib2.0-bin", "fonts, MIME types, icons, schemas", DESKTOP),
    Package("locales", "locales", "a generated archive, debconf", LOCALES,
            before="echo 'locales locales/locales_to_be_generated multiselect de_DE.UTF-8 UTF-8, en_GB.UTF-8 UTF-8' "
                   "| debconf-set-selections",
            # With postgresql came the same package, and no locale was chosen.
            decide=("--theirs", "/etc/locale.gen", "--theirs", "/var/cache/debconf/config.dat")),
    Package("avahi", "avahi-daemon avahi-utils", "a D-Bus service, adduser", AVAHI),
    Package("zsh", "zsh", "/etc/shells", ZSH),
    DIVERTS,
]

# For a root that is made in a minute: no kernel, no server but one.
SMALL = [
    Package("redis", "redis-server", "adduser, a server", REDIS),
    Package("nano", "nano", "alternatives", EDITOR + "nano --version | grep -q GNU\n"),
    Package("vim", "vim-tiny", "the same alternatives", VIM),
    DIVERTS,
]
