# Messages on every console, and what happens after a failure.

# say TEXT...: one line on all consoles that the kernel uses.
say() {
    for console in $(cat /sys/class/tty/console/active); do
        echo "slipway: $*" >"/dev/$console"
    done 2>/dev/null
}

# note TEXT: into the kernel's log, which tells the time of each step.
note() {
    echo "<6>slipway: $1" >/dev/kmsg
}

# rescue_shell: a shell on the console, if the kernel arguments ask for one.
rescue_shell() {
    [ "$want_shell" ] || return 0
    say "here is a shell; leave it (exit) to go on"
    setsid cttyhack sh </dev/console >/dev/console 2>&1
}

# until_it_works STEP: runs it until it succeeds, with growing pauses of up to 30 seconds. A step
# that fails has said why.
until_it_works() {
    pause=1
    until "$1"; do
        rescue_shell
        say "trying again in $pause s$([ "$want_shell" ] || echo ' (boot with slipway.shell for a shell)')"
        sleep "$pause"
        pause=$((pause * 2 > 30 ? 30 : pause * 2))
    done
    note "$1: done"
}
