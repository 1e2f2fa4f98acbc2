# Keeps the booted system's own network services from taking down the interface its root comes
# through. All of it is in /run: the image and the writable layer stay as they are.

keep_boot_network() {
    [ -e /run/slipway/network ] || return 0
    . /run/slipway/network
    keep_from_networkd
    keep_from_network_manager
    keep_from_ifupdown
    give_name_servers
}

# put FILE: standard input becomes it.
put() {
    mkdir -p "${1%/*}"
    cat >"$1"
}

# systemd-networkd counts the interface as configured and leaves it as it is; udev does not
# rename it.
keep_from_networkd() {
    put /run/systemd/network/00-slipway.network <<END
[Match]
MACAddress=$mac

[Link]
RequiredForOnline=yes

[Network]
DHCP=no
LinkLocalAddressing=no
IPv6AcceptRA=no
KeepConfiguration=yes
IgnoreCarrierLoss=yes
END
    put /run/systemd/network/00-slipway.link <<END
[Match]
MACAddress=$mac

[Link]
NamePolicy=keep
END
}

keep_from_network_manager() {
    put /run/NetworkManager/conf.d/90-slipway.conf <<END
[device-slipway]
match-device=mac:$mac
managed=0
END
}

# ifup leaves alone what is on record as up; ifdown must not run while the root is in use.
keep_from_ifupdown() {
    echo "$interface=$interface" | put /run/network/ifstate
    for service in networking ifup@; do
        printf '[Service]\nExecStop=\n' | put "/run/systemd/system/$service.service.d/slipway.conf"
    done
}

give_name_servers() {
    resolver=$root/etc/resolv.conf
    if [ ! -s "$resolver" ] && [ ! -L "$resolver" ] && [ "$nameservers" ]; then
        for nameserver in $nameservers; do
            echo "nameserver $nameserver"
        done >"$resolver"
    fi
}
