"""Debian roots: apt and programs in a copy that is thrown away, and what dpkg and apt say about one.

A root is never changed: what runs in it runs on an overlay. Needs root and a mount namespace of its
own (enter_own_namespace), so that no mount outlives the program.
"""
import contextlib, dataclasses, os, pathlib, shutil, subprocess, sys

MIRROR_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"

# $1 is the root, $2 what runs in it. Devices, /proc, /run and /tmp are of the sandbox alone.
SANDBOX = r"""
set -eu
root=$1
ip link set lo up 2>/dev/null || true # not ours where the network is the host's
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || mount -t tmpfs none "$root/sys"
mount -t tmpfs -o mode=755 none "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 none "$root/dev/pts"
mount -t tmpfs -o mode=1777 none "$root/dev/shm"
while read -r name major minor; do
    mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<DEVICES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
DEVICES
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in '0 stdin' '1 stdout' '2 stderr'; do
    ln -s "/proc/self/fd/${number% *}" "$root/dev/${number#* }"
done
mount -t tmpfs -o mode=755 none "$root/run"
mount -t tmpfs -o mode=1777 none "$root/tmp"
if [ -f "$root/etc/resolv.conf" ] && [ ! -L "$root/etc/resolv.conf" ]; then
    mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
fi
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    DEBCONF_NOWARNINGS=yes chroot "$root" sh -c "$2"
"""

# apt as a person runs it who makes an image: no service starts, no archive stays. $ACT is the apt-get command.
APT = r"""
set -eu
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
{ apt-get -q update; apt-get -qy -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold $ACT; apt-get clean; } 2>&1
rm /usr/sbin/policy-rc.d
"""


class Failed(Exception):
    """Something did not work; the text says what, with the end of its output."""


def enter_own_namespace():
    """Runs this program again where its mounts are its own, unless that is so already."""
    if os.environ.get("SLIPWAY_PACKAGES_NAMESPACE") != "own":
        os.environ["SLIPWAY_PACKAGES_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def call(command, timeout_s=1800):
    """The output of a command; Failed if its status is not 0."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout_s, text=True, errors="replace")
    if done.returncode != 0:
        end = "\n".join(done.stdout.strip().splitlines()[-25:])
        raise Failed(f"{' '.join(map(str, command[:4]))} ... ended with {done.returncode}:\n{end}")
    return done.stdout


@contextlib.contextmanager
def overlay(lower, work):
    """A directory that shows `lower` and can be written to; what is written is lost."""
    shutil.rmtree(work, ignore_errors=True)
    places = {name: work / name for name in ("upper", "work", "root")}
    for place in places.values():
        place.mkdir(parents=True)
    status = os.stat(lower)
    os.chmod(places["upper"], status.st_mode & 0o7777)
    os.utime(places["upper"], ns=(status.st_atime_ns, status.st_mtime_ns))
    # index keeps hard links together when one of their names is written to; volatile: nothing is synced.
    options = f"lowerdir={lower},upperdir={places['upper']},workdir={places['work']},index=on,redirect_dir=on,volatile"
    call(["mount", "-t", "overlay", "overlay", "-o", options, str(places["root"])])
    try:
        yield places["root"]
    finally:
        call(["umount", str(places["root"])])
        shutil.rmtree(work, ignore_errors=True)


def inside(root, script, network=False, timeout_s=1800):
    """The output of a shell script in the root; without `network` it has a loopback of its own."""
    spaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--ipc"]
    spaces += [] if network else ["--net"]
    return call(["unshare", *spaces, "sh", "-c", SANDBOX, "sandbox", str(root), script], timeout_s)


def apt(root, act, before=""):
    """Runs apt-get in the root, with packages from the mirror."""
    return inside(root, before + "\n" + APT.replace("$ACT", act), network=True)


def sources_of(*suites):
    """Lines for sources.list, from the mirrors that apt of this system uses."""
    known = dict(reversed(line.rsplit(" ", 1)) for line in reversed(call(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)"]).splitlines()) if " " in line)
    if missing := [suite for suite in suites if suite not in known]:
        raise Failed(f"apt of this system knows no mirror of {', '.join(missing)}")
    return "".join(f"deb [signed-by={MIRROR_KEYS}] {known[suite]} {suite} main\n" for suite in suites)


@dataclasses.dataclass
class Health:
    """What dpkg and apt say about a root, and whether what was installed works."""
    audit: str
    check: str
    verify: list
    starts: str # empty: yes; else what went wrong

    @property
    def audit_is_clean(self):
        return not self.audit

    def worse_than(self, other):
        """The lines of dpkg -V that the other does not have."""
        return [line for line in self.verify if line not in other.verify]


def said(root, script, **how):
    """What a script said if it failed; empty if it did not."""
    try:
        inside(root, script, **how)
        return ""
    except Failed as failure:
        return str(failure)
    except subprocess.TimeoutExpired:
        return "did not end in time"


def examine(root, starts):
    """The health of a root, on the overlay given; `starts` are shell scripts that must end with 0."""
    problems = [said(root, "set -eu\n" + script, timeout_s=180) for script in starts]
    return Health(audit=inside(root, "dpkg --audit").strip(),
                  check=said(root, "apt-get -q check"),
                  verify=inside(root, "dpkg -V 2>&1 || true").splitlines(),
                  starts="\n".join(filter(None, problems)))
