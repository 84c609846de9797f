# A job: what keeps one program. Before this stands a function `program` that becomes it.
job=${0%/*}

# When this process started, in the kernel's count.
born() {
    read -r stat < "/proc/$1/stat" || return
    set -- ${stat##*) }
    printf '%s' "${20}"
}

now() {
    if read -r up _ < /proc/uptime; then
        printf '%s0' "${up%.*}${up#*.}"
    else
        printf '%s000' "$(date +%s)"
    fi
} 2>/dev/null

# Writes down how it ended; the end of what it printed comes first.
record() {
    cat "$job/earlier" "$job/out" 2>/dev/null | tail -c 65536 > "$job/output.new"
    mv -f "$job/output.new" "$job/output"
    printf '%s\n' "$1" > "$job/result.new"
    mv -f "$job/result.new" "$job/result"
    rm -f "$job/out" "$job/earlier" "$job/timeout"
}

case $1 in
program)
    # Here, since some shells tell of the signal that ends it where its command line lets it print.
    exec </dev/null >>"$job/out" 2>&1 9>&-
    umask "$2"
    # In this order, so that the leader is never another process.
    (
        umask 077
        printf '%s %s\n' $$ "$(born $$)" > "$job/leader.new"
        mv -f "$job/leader.new" "$job/leader"
    )
    program
    ;;
watch)
    # Output that has become too long loses its beginning; at the time limit the program is stopped, then killed.
    left=$2 step=1 looks=0
    while [ "$left" -gt 0 ]; do
        [ "$step" -le "$left" ] || step=$left
        sleep "$step"
        left=$((left - step)) looks=$((looks + 1))
        [ "$looks" -lt 10 ] || step=5
        if [ -n "$(find "$job/out" -size +32768 2>/dev/null)" ]; then
            tail -c 65536 "$job/out" > "$job/earlier.new"
            : > "$job/out"
            mv -f "$job/earlier.new" "$job/earlier"
        fi
    done
    : > "$job/timeout"
    read -r leader _ < "$job/leader" || exit
    kill -TERM "-$leader"
    # A stopped process takes its signal only once it goes on.
    kill -CONT "-$leader"
    waits=0
    while [ "$waits" -lt 20 ] && kill -0 "-$leader"; do
        if sleep 0.1; then waits=$((waits + 1)); else
            sleep 1
            waits=$((waits + 10))
        fi
    done
    kill -KILL "-$leader"
    ;;
run)
    # One of several that were started at once.
    mkdir "$job/claim" 2>/dev/null || exit 0
    began=$(now)
    : > "$job/out"
    setsid sh "$0" watch "$2" </dev/null >/dev/null 2>&1 9>&- &
    watch=$!
    setsid sh "$0" program "$3"
    code=$?
    took=$(($(now) - began))
    if [ -e "$job/timeout" ]; then
        wait "$watch"
        record "timeout 0 $took"
    else
        kill -KILL "-$watch" "$watch" 2>/dev/null
        # A shell gives the same code for a signal and for an exit with that code, but it tells of a signal.
        if [ "$code" -gt 128 ] && [ -s "$job/note" ]; then
            record "signal $((code - 128)) $took"
        else
            record "exit $code $took"
        fi
    fi
    ;;
clear)
    # What kept the program was killed. What is left of the program must not run beside a second try.
    if read -r leader start < "$job/leader" 2>/dev/null; then
        if [ ! -d "/proc/$leader" ] || [ "$(born "$leader")" = "$start" ]; then
            kill -KILL "-$leader" 2>/dev/null
        fi
    fi
    record "signal 9 0"
    ;;
esac
