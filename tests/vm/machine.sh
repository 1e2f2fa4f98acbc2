# A virtual machine with a serial console, for the tests here. Sourced.
#
# Software emulation: KVM is not there on every build machine. The machine ends with the script.

console='' # what it printed
machine='' # its process

finish() {
    if [ -n "$machine" ]; then
        kill "$machine" 2>/dev/null || true
        wait "$machine" 2>/dev/null || true
    fi
    if [ -n "${scratch:-}" ]; then
        rm -rf "$scratch"
    fi
}

# start_machine QEMU_ARGUMENT...: with the console in $scratch/console, its input in $scratch/input,
# and QEMU's monitor at $scratch/monitor.
start_machine() {
    scratch=$(mktemp -d)
    trap finish EXIT
    trap 'exit 130' INT TERM
    console=$scratch/console
    mkfifo "$scratch/input"
    exec 9<>"$scratch/input"
    qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "${MEMORY:-1536}" \
        -display none -monitor "unix:$scratch/monitor,server=on,wait=off" -serial stdio -no-reboot \
        "$@" <"$scratch/input" >"$console" 2>&1 &
    machine=$!
    began=$SECONDS
}

# wait_for TEXT SECONDS: until the console shows it; else prints the console's end and fails.
wait_for() {
    until grep -qaF "$1" "$console"; do
        if [ $((SECONDS - began)) -ge "$2" ] || ! kill -0 "$machine" 2>/dev/null; then
            echo "not seen within $2 s: $1; the console's end:" >&2
            tail -c 6000 "$console" >&2
            return 1
        fi
        sleep 0.3
    done
    echo "$((SECONDS - began)) s: $1"
}

# type_line TEXT: on the console.
type_line() {
    printf '%s\n' "$1" >&9
}
