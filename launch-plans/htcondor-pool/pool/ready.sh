#!/bin/sh
# ready.sh: the pool as its manager sees it; it must have a worker and take jobs.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ "$(id -u)" -eq 0 ] || exec sudo -n -- "$0" "$@"

workers=$(timeout 20 condor_status -constraint 'SlotType =!= "Dynamic"' -af HoistService Machine TotalCpus TotalMemory State 2>&1) ||
    { echo "the collector does not answer: $workers" >&2; exit 1; }
[ -n "$workers" ] || { echo "the pool has no worker" >&2; exit 1; }
queue=$(timeout 20 condor_q -allusers -totals 2>&1) || { echo "the queue does not answer: $queue" >&2; exit 1; }
printf '%s\n' "$workers" | while read -r name machine cpus memory state; do
    echo "$name on $machine: $cpus CPUs, $memory MB, $state"
done
