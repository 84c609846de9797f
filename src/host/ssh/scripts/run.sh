# Runs a job, unless it runs or has ended, and waits for its end: base, directory of jobs, name of the job, where it runs,
# its time limit in seconds, how many bytes are to be read. Those are the job: see job.sh.
#
# Prints points while it waits, then a line with how it ended, then what it printed.
base=$1 jobs=$2 job=$2/$3 directory=$4 limit=$5 size=$6
mask=$(umask)
umask 077
own "$base"
mkdir -p "$job" || exit 73

# Results that nobody will ask for any more are forgotten.
forget() {
    [ "$#" -gt 600 ] || return 0
    ls -t "$jobs" | tail -n +501 | while read -r old; do
        [ ! -e "$jobs/$old/result" ] || rm -rf "${jobs:?}/$old"
    done
}

if [ ! -e "$job/result" ]; then
    # Whoever has this open for writing is the job; when it has ended, whatever way, readers see the end.
    mkfifo "$job/alive" 2>/dev/null
    [ -p "$job/alive" ] || fail 73 "cannot make $job/alive"
    exec 9<>"$job/alive"
    if [ ! -e "$job/claim" ]; then
        [ -d "$directory" ] || fail 65 "there is no directory $directory"
        command -v setsid >/dev/null || fail 69 "there is no program setsid (package util-linux or busybox)"
        cat > "$job/job.$$" || exit 74
        [ "$(wc -c < "$job/job.$$")" -eq "$size" ] || {
            rm -f "$job/job.$$"
            fail 75 "it did not come whole"
        }
        mv -f "$job/job.$$" "$job/job" || exit 74
        forget "$jobs"/*
        setsid sh "$job/job" run "$limit" "$mask" </dev/null >/dev/null 2>>"$job/note" &
    fi
    exec 8<"$job/alive" 9>&-
    # Ends with the connection: printing fails then.
    (
        trap '' PIPE
        while sleep 15 </dev/null >/dev/null 2>&1; do
            printf . 2>/dev/null || {
                kill $$
                exit
            }
        done
    ) 8<&- 2>/dev/null &
    beat=$!
    read -r _ <&8
    exec 8<&-
    kill "$beat" 2>/dev/null
fi

if [ ! -e "$job/result" ]; then
    # It never began, or it was killed: by hand, or with the whole host.
    [ -e "$job/claim" ] || fail 75 "it did not start"
    sh "$job/job" clear
fi
[ -e "$job/result" ] || fail 74 "cannot write to $job"
printf '\n'
cat "$job/result"
cat "$job/output"
