# Drivers.

# load_modules: those every boot needs, then those the hardware asks for.
load_modules() {
    while read -r module; do
        insmod "$module" 2>/dev/null # some refuse: not every processor has what crc32c_intel uses
    done </lib/slipway/modules
    load_for_hardware modprobe '^(pci|acpi|platform|of|mdio):'
    load_for_hardware modprobe '^(virtio|vmbus|xen|mdio):' # devices on what came up just now
    for filesystem in erofs overlay; do
        if ! grep -qw "$filesystem" /proc/filesystems; then
            say "cannot boot: the kernel does not load $filesystem"
            return 1
        fi
    done
}

# load_for_hardware MODPROBE KINDS: loads what serves the devices there are.
load_for_hardware() {
    find /sys/devices -name modalias -exec cat {} + 2>/dev/null |
        grep -E "$2" | grep -v ' ' | sort -u | xargs -r $1 -q -a 2>/dev/null
}
