# The kernel arguments that concern slipway.

read_arguments() {
    server='' commit='' overlay=tmpfs transport=automatic want_shell=''
    address=dhcp boot_mac='' system_init=/sbin/init
    set -f # an argument may hold a '*'
    for argument in $(cat /proc/cmdline); do
        value=${argument#*=}
        case $argument in
            slipway.server=*) server=$value ;;
            slipway.commit=*) commit=$value ;;
            slipway.overlay=*) overlay=$value ;;
            slipway.transport=*) transport=$value ;;
            slipway.shell) want_shell=yes ;;
            ip=*) address=$value ;;
            init=*) system_init=$value ;;
            BOOTIF=01-*) boot_mac=$(echo "${value#01-}" | tr -- '-A-Z' ':a-z') ;;
        esac
    done
    set +f
    unset BOOTIF ip # the kernel puts them into the environment, which goes on to the system
}

check_arguments() {
    if [ -z "$server" ]; then
        say "cannot boot: no server was named (kernel argument slipway.server=http://ADDRESS:PORT)"
        return 1
    fi
    if [ -z "$commit" ]; then
        say "cannot boot: no commit was named (kernel argument slipway.commit=ID)"
        return 1
    fi
}
