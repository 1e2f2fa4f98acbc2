# The network. `ip=` is as in the kernel's nfsroot.rst: dhcp, or
# CLIENT:SERVER:GATEWAY:MASK:HOST:INTERFACE:off|dhcp[:DNS[:DNS]].

bring_network_up() {
    case $address in
        *:*:*:*) split_address ;;
        *:*) wanted_interface=${address%%:*} method=${address#*:} ;;
        *) wanted_interface='' method=$address ;;
    esac
    for interface in $(interfaces); do
        ip link set "$interface" up
    done
    candidates=$(wait_for_carrier) || return 1
    case $method in
        off | none | static) static_address ;;
        *) lease_address ;;
    esac
}

split_address() {
    old_separator=$IFS
    IFS=:
    set -- $address
    IFS=$old_separator
    static_ip=$1 static_gateway=$3 static_mask=$4 wanted_interface=$6 method=${7:-off}
    static_dns="$8 $9"
    [ "$static_ip" ] || method=dhcp
}

# Those the arguments name, by name or by the address the firmware booted from, else all.
interfaces() {
    for path in /sys/class/net/*; do
        interface=${path##*/}
        [ "$(cat "$path/type")" = 1 ] || continue # Ethernet
        if [ "$wanted_interface" ]; then
            [ "$interface" = "$wanted_interface" ] || continue
        elif [ "$boot_mac" ] && grep -qixF "$boot_mac" /sys/class/net/*/address; then
            [ "$(cat "$path/address")" = "$boot_mac" ] || continue
        fi
        echo "$interface"
    done
}

# Prints the interfaces that have a link, as soon as there is one.
wait_for_carrier() {
    for attempt in $(seq 20); do
        connected=''
        for interface in $(interfaces); do
            ip link set "$interface" up # it may have come just now
            [ "$(cat "/sys/class/net/$interface/carrier" 2>/dev/null)" = 1 ] &&
                connected="$connected $interface"
        done
        [ "$connected" ] && break
        sleep 0.5
    done
    if [ -z "$connected" ]; then
        all=$(interfaces | tr '\n' ' ')
        say "cannot reach the network: ${all:+no cable in }${all:-no network card that this kernel knows}"
        return 1
    fi
    echo "$connected"
}

static_address() {
    interface=${candidates# }
    interface=${interface%% *}
    ifconfig "$interface" "$static_ip" netmask "${static_mask:-255.255.255.0}" up || return 1
    [ -z "$static_gateway" ] || ip route replace default via "$static_gateway" dev "$interface"
    {
        echo "interface=$interface"
        echo "mac=$(cat "/sys/class/net/$interface/address")"
        echo "ip=$static_ip"
        echo "nameservers='$static_dns'"
    } >/run/slipway/network
    for nameserver in $static_dns; do
        echo "nameserver $nameserver"
    done >/run/slipway/resolv.conf
}

lease_address() {
    for interface in $candidates; do
        udhcpc -f -n -q -i "$interface" -s /lib/slipway/lease -t 4 -T 2 >/dev/null 2>&1
        if [ -e /run/slipway/network ]; then
            . /run/slipway/network
            keep keep-lease "$mac"
            return 0
        fi
    done
    say "cannot reach the network: no DHCP server answers on$candidates"
    return 1
}
