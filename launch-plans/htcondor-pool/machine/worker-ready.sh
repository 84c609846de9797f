#!/bin/sh
# worker-ready.sh NAME ADDRESS: the pool's collector knows this worker, on this machine.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ "$(id -u)" -eq 0 ] || exec sudo -n -- "$0" "$@"
name=$1 address=$2

tries=0
while :; do
    known=$(timeout 20 condor_status -af HoistService MyAddress State 2>&1) || true
    tries=$((tries + 1))
    case $known in
    # A machine that had this name before may be listed for a moment longer, with its own address.
    *"$name <$address:"*) break ;;
    esac
    if [ "$tries" -ge 30 ]; then
        echo "${known:-condor_status knows no worker}" >&2
        tail -n 5 /var/log/condor/StartLog >&2
        echo "the pool's manager does not know $name at $address: can this machine reach it on TCP port 9618?" >&2
        exit 1
    fi
    sleep 1
done
echo "the pool knows $name"
