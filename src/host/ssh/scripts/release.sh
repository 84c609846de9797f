# Ends what runs here on behalf of one service, and removes what is ours of it: base, directory of jobs, mark.
base=$1 jobs=$2 mark=$3
marked() {
    for process in /proc/[0-9]*; do
        if tr '\0' '\n' < "$process/environ" 2>/dev/null | grep -qxF "$mark"; then
            printf '%s ' "${process#/proc/}"
        fi
    done 2>/dev/null
}
left=$(marked)
[ -z "$left" ] || kill -TERM $left 2>/dev/null
waits=0
while [ -n "$left" ] && [ "$waits" -lt 20 ]; do
    sleep 0.1 2>/dev/null || sleep 1
    waits=$((waits + 1)) left=$(marked)
done
waits=0
while [ -n "$left" ]; do
    kill -KILL $left 2>/dev/null
    waits=$((waits + 1))
    [ "$waits" -lt 50 ] || fail 74 "processes that cannot be killed: $left"
    sleep 0.1 2>/dev/null || sleep 1
    left=$(marked)
done
rm -rf "$jobs" || exit 74
rmdir "$base" 2>/dev/null
exit 0
