# Processes that live as long as the machine: slipway-client and the DHCP client.
#
# They must survive the change to the system's root, systemd's transitions and its shutdown. So:
# - They run in /run/initramfs, which systemd returns to when it has stopped everything, with
#   mounts of their own that the system neither sees nor unmounts.
# - Their names begin with '@': systemd does not kill such processes (systemd.io/ROOT_STORAGE_DAEMONS).
#   busybox looks at the last part of the name only, hence the directory called '@slipway'.
# - The kernel takes memory from anything else first.

kept=/run/initramfs

prepare_kept() {
    mkdir -p "$kept/bin" "$kept/@slipway" "$kept/lib" "$kept/run/slipway"
    mkdir -p "$kept/dev" "$kept/proc" "$kept/sys" "$kept/etc" "$kept/tmp" "$kept/oldroot"
    ln -s initramfs/run/slipway /run/slipway
    ln -s /run/slipway/resolv.conf /etc/resolv.conf
    ln -s /run/slipway/resolv.conf "$kept/etc/resolv.conf"
    cp /bin/busybox /bin/slipway-client "$kept/bin/"
    cp -r /lib/slipway "$kept/lib/"
    chroot "$kept" /bin/busybox --install -s /bin
    for name in sh udhcpc; do
        ln -s ../bin/busybox "$kept/@slipway/$name"
    done
    ln -s ../bin/slipway-client "$kept/@slipway/slipway-client"
    cp /lib/slipway/shutdown "$kept/shutdown"
}

# keep SCRIPT ARGUMENT...: starts a script of lib/slipway as such a process, in a session of its own.
keep() {
    setsid unshare --mount --propagation private /bin/sh /lib/slipway/enter "$@" \
        </dev/null >/dev/kmsg 2>&1 &
}
