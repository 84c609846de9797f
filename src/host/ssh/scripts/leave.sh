# Ends what runs here on behalf of one service, and removes what is ours of it: mark, its stage directory's name if that is to
# go, then for each place of our directories: where it may be, the name of the service's jobs there, and whether it is kept.
mark=$1 service=$2
shift 2
if [ "$(grep -zc . /proc/self/environ 2>/dev/null)" -gt 1 ] 2>/dev/null; then
    marked() {
        for file in $(grep -lszF "$mark" /proc/[0-9]*/environ); do
            file=${file#/proc/}
            printf '%s ' "${file%/environ}"
        done
    }
else
    marked() {
        for process in /proc/[0-9]*; do
            if tr '\0' '\n' < "$process/environ" 2>/dev/null | grep -qxF "$mark"; then
                printf '%s ' "${process#/proc/}"
            fi
        done 2>/dev/null
    }
fi
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
user=$(id -u)
while [ "$#" -ge 3 ]; do
    for base in "$1" "$1-$user"; do
        [ -z "$service" ] || ! ours "$base/$service" || clear_away "$base/$service"
        ! ours "$base/$2" || rm -rf "$base/$2" || exit 74
        # One that a person chose stays.
        [ "$3" = keep ] || rmdir "$base" 2>/dev/null
    done
    shift 3
done
exit 0
