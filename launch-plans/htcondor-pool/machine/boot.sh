#!/bin/sh
# boot.sh ROLE NAME POOL MANAGER_ADDRESS ADDRESS: makes this machine the manager or a worker of an HTCondor pool.
#
# The pool's password is in bootconf.json, which goes when this ends. Safe to repeat.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022
trap 'rm -f bootconf.json bootenv.sh' EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "$1" >&2
    exit 1
}

# Instances of hoist's local cloud have this variable. They share the machine that hoist runs on, where HTCondor would stay.
[ -z "${HOIST_ADDRESS:-}" ] || fail "this plan installs HTCondor on machines of its own, and a local instance is none; --dry-run tries the plan without machines"

if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || fail "$(id -un) is not root, and this machine has no sudo; log in as root, or use an image with sudo"
    sudo -n true 2> /dev/null || fail "$(id -un) may not use sudo without a password; log in as a user who may (Debian's images: admin)"
    exec sudo -n -- "$0" "$@"
fi

[ $# -eq 5 ] || fail "usage: boot.sh manager|worker NAME POOL MANAGER_ADDRESS ADDRESS"
role=$1 name=$2 pool=$3 manager=$4 address=$5
case $address in *:*) ipv6=True ;; *) ipv6=False ;; esac
case $role in manager | worker) ;; *) fail "a machine of a pool is manager or worker, not $role" ;; esac
[ -s bootconf.json ] || fail "the pool's password is missing: bootconf.json is not there or empty"

# Runs a command until it succeeds, as it may not while the machine's own first update holds a lock or the network comes up.
insist() {
    tries=0
    until "$@" > apt.log 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 12 ]; then
            tail -n 8 apt.log >&2
            fail "\`$*\` failed $tries times; does this machine reach its package mirror?"
        fi
        sleep 5
    done
}

install_htcondor() {
    command -v apt-get > /dev/null || fail "this machine has neither HTCondor nor apt-get to install it; use a Debian 13 image, or one with HTCondor"
    export DEBIAN_FRONTEND=noninteractive
    insist apt-get -q -y -o APT::Update::Error-Mode=any update
    insist apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold install htcondor
}

command -v condor_master > /dev/null || install_htcondor
echo "$(dpkg-query -W -f '${Package} ${Version}' condor 2> /dev/null || condor_version | head -n 1) is installed"

# Only who proves to know the password, or is somebody on the manager itself, is listened to, and all is encrypted.
# A worker may announce itself and look at the pool, nothing else.
configuration() {
    cat << CONFIG
# Written by the launch plan.
use security:strong
SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS
SEC_ENABLE_TOKEN_REQUEST = False
UID_DOMAIN = $pool
TRUST_DOMAIN = $pool
CONDOR_HOST = $manager
COLLECTOR_HOST = \$(CONDOR_HOST):9618
COLLECTOR_NAME = $pool
NETWORK_INTERFACE = $address
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = $ipv6
ALLOW_READ = *@$pool
ALLOW_WRITE = condor@$pool
ALLOW_DAEMON = condor@$pool
ALLOW_NEGOTIATOR = condor@$pool
ALLOW_ADMINISTRATOR = condor@$pool root@$pool
# What is gone is gone from condor_status within three minutes.
UPDATE_INTERVAL = 60
MASTER_UPDATE_INTERVAL = 60
CLASSAD_LIFETIME = 180
CONFIG
    case $role in
    manager)
        cat << CONFIG
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD
ALLOW_WRITE = *@$pool
ALLOW_ADVERTISE_MASTER = condor@$pool worker@$pool
ALLOW_ADVERTISE_STARTD = worker@$pool
ALLOW_ADVERTISE_SCHEDD = condor@$pool
# Jobs of a small pool need not wait for minutes to be matched.
NEGOTIATOR_INTERVAL = 20
NEGOTIATOR_CYCLE_DELAY = 5
CONFIG
        ;;
    worker)
        cat << CONFIG
DAEMON_LIST = MASTER STARTD
use FEATURE:PartitionableSlot
HoistService = "$name"
STARTD_ATTRS = \$(STARTD_ATTRS) HoistService
# Users of the manager may have namesakes here, and one of those may use sudo: jobs run as nobody.
STARTER_ALLOW_RUNAS_OWNER = False
CONFIG
        ;;
    esac
}

settings=/etc/condor/config.d/50-hoist.config
mkdir -p /etc/condor/config.d
configuration > "$settings.new"
changed=yes
cmp -s "$settings.new" "$settings" && changed=no
mv -f "$settings.new" "$settings"

# The password is the key that signs the pool's tokens. A worker gets a token and forgets the key.
umask 077
mkdir -p /etc/condor/passwords.d /etc/condor/tokens.d
printf %s "$(cat bootconf.json)" | condor_store_cred add -c -i - > store.log 2>&1 ||
    fail "cannot store the pool's password: $(tail -n 1 store.log)"
if [ "$role" = worker ]; then
    condor_token_create -key POOL -identity "worker@$pool" -authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ \
        -token hoist > token.log 2>&1 || fail "cannot make the worker's token: $(tail -n 1 token.log)"
    rm -f /etc/condor/passwords.d/POOL
    # The manager is up by now, so what does not work at once does not work later either.
    tries=0
    until timeout 20 condor_status -collector > status.log 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 5 ]; then
            cat status.log >&2
            if grep -q "Failed to authenticate" status.log; then
                fail "the pool's manager does not let $name in: was it given the same password?"
            fi
            fail "cannot ask the pool's manager at $manager: does its security group let its own machines in on TCP port 9618?"
        fi
        sleep 1
    done
fi
umask 022

if [ -d /run/systemd/system ]; then
    if [ "$changed" = yes ] || ! systemctl -q is-active condor; then
        systemctl enable -q condor
        systemctl restart condor || fail "HTCondor does not start: $(systemctl status --no-pager -n 5 condor | tail -n 5)"
    fi
else
    # One that has ended and was not reaped has no command line.
    runs() {
        grep -q condor_master "/proc/$1/cmdline" 2> /dev/null
    }
    file=/run/condor/condor.pid
    master=$(cat "$file" 2> /dev/null) || master=0
    if [ "$changed" = yes ] && runs "$master"; then
        kill -QUIT "$master"
        tries=0
        while runs "$master"; do
            tries=$((tries + 1))
            [ "$tries" -lt 600 ] || fail "the condor_master that ran already, process $master, does not stop"
            sleep 0.1
        done
    fi
    runs "$master" || condor_master -pidfile "$file" < /dev/null > /dev/null 2>&1 ||
        fail "HTCondor does not start: condor_master ended with exit code $?"
fi
echo "$name is a $role of pool $pool and listens on $address"
