#!/bin/sh
# manager-ready.sh: the collector answers, and knows its negotiator and the queue of jobs.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ "$(id -u)" -eq 0 ] || exec sudo -n -- "$0" "$@"

tries=0
while :; do
    known=$(timeout 20 condor_status -any -af MyType 2>&1) || true
    case $known in
    *Negotiator*Scheduler* | *Scheduler*Negotiator*) break ;;
    esac
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then
        echo "the collector does not tell of a negotiator and a queue; condor_status says:" >&2
        echo "$known" >&2
        tail -n 5 /var/log/condor/MasterLog >&2
        exit 1
    fi
    sleep 1
done
echo "collector, negotiator and queue are up"
