#!/bin/sh
# first-jobs.sh: runs one job on each worker, as any user of the manager would, and reads what it prints.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# HTCondor runs no jobs of root.
as_user() {
    if [ "$(id -u)" -eq 0 ]; then runuser -u nobody -- "$@"; else "$@"; fi
}

jobs=$(as_user mktemp -d /tmp/first-jobs.XXXXXX)
cluster=
clean_up() {
    [ -z "$cluster" ] || as_user condor_rm "$cluster" > /dev/null 2>&1 || true
    rm -rf "$jobs"
}
trap clean_up EXIT
trap 'exit 1' TERM INT HUP
cd "$jobs"

workers=$(as_user timeout 20 condor_status -constraint 'SlotType =!= "Dynamic"' -af HoistService) ||
    { echo "the pool does not answer: $workers" >&2; exit 1; }
[ -n "$workers" ] || { echo "the pool has no worker that could run a job" >&2; exit 1; }

as_user tee first.sub > /dev/null << 'JOB'
executable = /bin/hostname
transfer_executable = False
should_transfer_files = YES
output = $(worker).out
error = $(worker).err
log = first.log
request_cpus = 1
request_memory = 64MB
request_disk = 16MB
requirements = TARGET.HoistService == "$(worker)"
JOB
# shellcheck disable=SC2086 # one word a worker
{ echo "queue worker from ("; printf '%s\n' $workers; echo ")"; } | as_user tee -a first.sub > /dev/null

submitted=$(as_user condor_submit -terse first.sub 2>&1) || { echo "the jobs were refused: $submitted" >&2; exit 1; }
cluster=${submitted%%.*}
if ! as_user condor_wait -wait 240 first.log > /dev/null; then
    echo "not every job has ended after four minutes:" >&2
    as_user condor_q -nobatch "$cluster" >&2 || true
    as_user condor_q -better-analyze "$cluster" 2>&1 | tail -n 12 >&2 || true
    exit 1
fi
cluster=

for worker in $workers; do
    [ -s "$worker.out" ] || { echo "the job on $worker printed nothing; its log:" >&2; cat first.log "$worker.err" >&2; exit 1; }
    echo "a job ran on $worker, which calls itself $(cat "$worker.out")"
done
