# The image of the commit, the writable layer over it, and the step into them.

image=/run/slipway/image
root=/root

# attach_image: has slipway-client attach it, and waits for the device: as long as it takes.
attach_image() {
    echo "$server" >/run/slipway/server
    echo "$commit" >/run/slipway/commit
    ready=/run/slipway/ready
    rm -f "$ready"
    set --
    if [ -e /lib/slipway/keys ]; then # only what these keys vouch for is booted
        set -- --keys /lib/slipway/keys --branch "$(cat /lib/slipway/branch)"
    fi
    keep keep-client attach --server "$server" --commit "$commit" --transport "$transport" --ready "$ready" "$@"
    waited=0
    until [ -s "$ready" ]; do
        sleep 0.1
        waited=$((waited + 1))
        [ $((waited % 150)) -eq 0 ] && tell_waiting
    done
    device=$(cat "$ready")
    echo "$device" >/run/slipway/device
}

tell_waiting() {
    say "cannot boot yet: waiting for commit $(echo "$commit" | cut -c 1-12) from $server"
    dmesg | grep 'slipway' | tail -n 3 | while read -r line; do
        say "  $line"
    done
    rescue_shell
}

mount_image() {
    mkdir -p "$image"
    if ! mount -t erofs -o ro "$device" "$image"; then
        say "cannot mount the image from $device: $(dmesg | grep erofs | tail -n 1)"
        return 1
    fi
    if [ ! -e "$image$system_init" ] && [ ! -L "$image$system_init" ]; then
        say "cannot boot: the system has no $system_init (kernel argument init=PATH)"
        umount "$image"
        return 1
    fi
}

# mount_writable_layer: in memory, or on a partition. A partition that cannot be had is no reason
# not to boot: it is said, and memory takes its place.
mount_writable_layer() {
    layer=/run/slipway/overlay
    mkdir -p "$layer"
    case $overlay in
        LABEL=* | UUID=*)
            mount_partition || { say "writable layer: $overlay not found; changes stay in memory"; overlay=tmpfs; }
            ;;
        tmpfs | tmpfs:*) ;;
        *)
            say "writable layer: $overlay is not known; changes stay in memory"
            overlay=tmpfs
            ;;
    esac
    case $overlay in
        tmpfs) mount -t tmpfs -o mode=0755 tmpfs "$layer" ;;
        tmpfs:*) mount -t tmpfs -o "mode=0755,size=${overlay#tmpfs:}" tmpfs "$layer" ;;
    esac
    echo "$overlay" >/run/slipway/overlay-kind
    until_it_works mount_overlay
}

# A partition keeps one layer per commit: a layer is of use over its own image only.
mount_partition() {
    load_storage_modules
    for attempt in $(seq 20); do
        partition=$(findfs "$overlay" 2>/dev/null) && break
        sleep 0.5
    done
    [ "$partition" ] || return 1
    mkdir -p /run/slipway/disk "$layer"
    mount "$partition" /run/slipway/disk || return 1
    mkdir -p "/run/slipway/disk/slipway/overlay/$commit"
    mount --bind "/run/slipway/disk/slipway/overlay/$commit" "$layer"
}

# The initramfs has no drivers of disks: the image has them all, and its own modprobe.
load_storage_modules() {
    for directory in proc sys dev; do
        mount --bind "/$directory" "$image/$directory"
    done
    chroot "$image" /sbin/modprobe -q -a sd_mod nvme ext4 xfs btrfs 2>/dev/null
    for round in 1 2 3; do
        load_for_hardware "chroot $image /sbin/modprobe" '^(pci:.*bc01|virtio:|scsi:|nvme:)'
        sleep 0.5
    done
    for directory in proc sys dev; do
        umount "$image/$directory"
    done
}

# The options are those that keep each change where a later capture finds it, on every kernel.
mount_overlay() {
    mkdir -p "$layer/upper" "$layer/work"
    chmod 755 "$layer/upper"
    mount -t overlay -o "lowerdir=$image,upperdir=$layer/upper,workdir=$layer/work,index=off,metacopy=off,redirect_dir=off" \
        overlay "$root" && return
    say "cannot lay a writable layer over the image: $(dmesg | grep overlay | tail -n 1)"
    return 1
}

# hand_over ARGUMENT...: the system's init takes the place of this one.
hand_over() {
    for directory in proc sys dev run; do
        mkdir -p "$root/$directory"
        mount --move "/$directory" "$root/$directory"
    done
    trap - EXIT
    exec switch_root -c /dev/console "$root" "$system_init" "$@"
}
