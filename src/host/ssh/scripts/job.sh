# A job: what keeps one program. Before this stands a function `program` that becomes it.
job=${0%/*} stage=$3

# When a process started, in the kernel's count.
born() {
    born=
    read -r stat < "/proc/$1/stat" || return
    set -- ${stat##*) }
    born=${20}
} 2>/dev/null

now() {
    if read -r up _ < /proc/uptime; then
        up=${up%.*}${up#*.}
        now=${up}0
    else
        now=$(date +%s)000
    fi
} 2>/dev/null

# Becomes the program, in the environment of a login. What the user's own files print, however much, is kept only where they
# let nothing come after them; then `login` says so. What they leave running finds nobody there who reads.
login() {
    shell=sh
    ! command -v bash >/dev/null || shell=bash
    printf begun > "$job/login"
    [ -p "$job/noise" ] || mkfifo "$job/noise"
    tail -c 65536 < "$job/noise" > "$job/shell" 2>/dev/null &
    # The reader goes while the pipe is open, so that it keeps nothing, and once nothing more is written there: a shell that
    # traces itself would end of it.
    exec "$shell" -l -c ': >| "$1/login"
exec 9>&1 >> "$1/out" 2>&1
command kill "$2" 2>/dev/null || :
exec 9>&-
command cd "$3" || exit 126
shift 3
exec "$@"' "$shell" "$job" "$!" "$PWD" "$@" > "$job/noise" 2>&1
}

# What it printed, the end of it.
printed() {
    # Whoever keeps what a login printed that came to nothing has until now to write it down.
    [ ! -s "$job/login" ] || [ -s "$job/shell" ] || sleep 1
    if [ -s "$job/earlier" ] || [ -s "$job/shell" ]; then
        cat "$job/shell" "$job/earlier" "$job/out" 2>/dev/null | tail -c 65536
    else
        tail -c 65536 "$job/out"
    fi
}

# Writes down how it ended, then the end of what it printed.
record() {
    { printf '%s\n' "$1" && printed; } > "$job/result.new" && mv -f "$job/result.new" "$job/result" || {
        # The disk is full: what was kept for this makes room, and what it printed.
        : > "$job/out"
        rm -f "$job/reserve" "$job/earlier" "$job/result.new"
        printf '%s\n' "$1" > "$job/result.new" && mv -f "$job/result.new" "$job/result"
    }
    exec 9>&-
    # Their room is given back; a process that the program left may still write to what it printed.
    [ ! -e "$job/earlier" ] || rm -f "$job/earlier" "$job/out"
    : > "$job/out"
    : > "$job/reserve"
} 2>/dev/null

# Output that has become too long loses its beginning; at the time limit the program is stopped, then killed.
watch() {
    trap 'kill "$nap"; exit' TERM
    left=$1 step=1 looks=0
    while [ "$left" -gt 0 ]; do
        # It may be deaf to what ends it.
        [ ! -e "$job/result" ] || exit 0
        [ "$step" -le "$left" ] || step=$left
        sleep "$step" &
        nap=$!
        wait "$nap"
        left=$((left - step)) looks=$((looks + 1))
        [ "$looks" -lt 10 ] || step=5
        if [ -n "$(find "$job/out" -size +32768 2>/dev/null)" ]; then
            tail -c 65536 "$job/out" > "$job/earlier.new"
            : > "$job/out"
            mv -f "$job/earlier.new" "$job/earlier"
        fi
    done
    trap '' TERM
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
}

case $1 in
program)
    # Here, since some shells tell of the signal that ends it where its command line lets it print.
    exec </dev/null >>"$job/out" 2>&1 9>&-
    # First of all, so that the leader is never another process.
    born $$
    printf '%s %s\n' $$ "$born" > "$job/leader"
    program
    ;;
run)
    # One of several that were started at once.
    set -C
    { command : > "$job/claim"; } 2>/dev/null || exit 0
    set +C
    now
    began=$now
    : > "$job/out"
    printf '%4096s' '' > "$job/reserve"
    watch "$2" </dev/null >/dev/null 2>&1 9>&- &
    watch=$!
    setsid sh "$0" program "$2" "$stage"
    code=$?
    now
    took=$((now - began))
    if [ -e "$job/timeout" ]; then
        wait "$watch"
        record "timeout 0 $took"
    else
        kill "$watch" 2>/dev/null
        # A shell gives the same code for a signal and for an exit with that code, but it tells of a signal.
        if [ -e "$job/unfit" ]; then
            record "unfit $code $took"
        elif [ "$code" = 0 ] && [ -s "$job/login" ]; then
            # Otherwise the code tells of it.
            record "unbegun $code $took"
        elif [ "$code" -gt 128 ] && [ -s "$job/note" ]; then
            record "signal $((code - 128)) $took"
        else
            record "exit $code $took"
        fi
    fi
    ;;
clear)
    # What kept the program was killed. What is left of the program must not run beside a second try.
    if read -r leader start < "$job/leader" 2>/dev/null; then
        born "$leader"
        if [ -z "$born" ] || [ "$born" = "$start" ]; then
            kill -KILL "-$leader" 2>/dev/null
        fi
    fi
    record "signal 9 0"
    ;;
esac
