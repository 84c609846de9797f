#!/bin/sh
# worker-ready.sh NAME ADDRESS: the pool's collector knows this worker, on this machine.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ "$(id -u)" -eq 0 ] || exec sudo -n -- "$0" "$@"
name=$1 address=$2

tries=0
while :; do
    # A machine that had this name before may be listed for a moment longer, with its own address.
    known=$(timeout 20 condor_status -af HoistService MyAddress State 2>&1) || true
    case $known in
    *"$name <$address:"*) break ;;
    esac
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        echo "the pool's manager does not know $name at $address; condor_status says:" >&2
        echo "${known:-nothing: it knows no worker}" >&2
        tail -n 5 /var/log/condor/StartLog >&2
        echo "can this machine reach the manager on TCP port 9618, and has it the pool's password?" >&2
        exit 1
    fi
    sleep 1
done
echo "the pool knows $name"
