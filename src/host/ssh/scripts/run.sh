# Puts a program's files in place and runs it as a job, unless that job runs or has ended, and waits for its end. Before
# this stand `wanted` and `given` (where our directories are to be, and whether a person chose that), `service` (whose stage it
# runs in; nothing if it runs elsewhere), `jobs`, `job` (their names), `directory`, `limit`, `end` (a word that nothing else
# prints), `left` and `most` (the file that it may leave, and how large), and three functions: `receive` reads the files,
# `arrange` puts them in place, `runs` tells whether the program could be run.
#
# Prints a line with how it ended, then what it printed, then what it left.
for tool in cat chmod dd head id ls mkdir mkfifo mv rm setsid sleep tail wc; do
    command -v "$tool" >/dev/null || fail 69 "there is no program $tool"
done
mask=$(umask)
umask 077
pick "$wanted"
[ "$given" = no ] || guarded "$base"
job=$base/$jobs/$job jobs=$base/$jobs stage=$base/$service
[ -z "$service" ] || own "$stage" 755
own "$jobs" 700
[ -d "$job" ] || mkdir "$job" || [ -d "$job" ] || fail 73 "cannot make $job"

# Chooses under which name a file of the stage is written: its own, unless something has it. What is half there is never run.
begin() {
    file=$stage/$1 new=$stage/.$1.$$.new
    [ -e "$file" ] || [ -L "$file" ] || new=$file
}

# Puts it in place, with its permissions.
settle() {
    file=$stage/$1 new=$stage/.$1.$$.new
    [ -e "$new" ] || new=$file
    [ "$2" = 600 ] || chmod "$2" "$new" || fail 74 "cannot write $file"
    [ "$new" = "$file" ] || mv -f "$new" "$file" || fail 74 "cannot write $file"
}

# Results that nobody will ask for any more are forgotten.
forget() {
    [ "$#" -gt 600 ] || return 0
    ls -t "$jobs" | tail -n +501 | while read -r old; do
        [ ! -e "$jobs/$old/result" ] || rm -rf "${jobs:?}/$old"
    done
}

# Whether programs can be run where the stage is; the last of several mounts there counts.
executable() {
    mount= options=
    while read -r _ _ _ _ place flags _; do
        case $stage/ in
        "${place%/}"/*)
            [ "${#place}" -lt "${#mount}" ] || mount=$place options=$flags
            ;;
        esac
    done < /proc/self/mountinfo
    case ,$options, in *,noexec,*) return 1 ;; esac
} 2>/dev/null

noexec() {
    fail 78 "no program can be run in $stage: $mount is mounted with noexec"
}

if [ ! -e "$job/result" ]; then
    # Whoever has this open for writing is the job; when it has ended, whatever way, readers see the end.
    [ -p "$job/alive" ] || mkfifo "$job/alive" || [ -p "$job/alive" ] || fail 73 "cannot make $job/alive"
    exec 9<>"$job/alive"
    if [ ! -e "$job/claim" ]; then
        [ -z "$directory" ] || [ -d "$directory" ] || fail 65 "there is no directory $directory"
        send
        receive
        whole "$end" || {
            rm -f "$job/job.$$"
            fail 75 "it did not come whole"
        }
        arrange
        runs || executable || noexec
        forget "$jobs"/*
        {
            umask "$mask"
            native
            exec setsid sh "$job/job.$$" run "$limit" "$stage"
        } </dev/null >/dev/null 2>>"$job/note" &
    fi
    exec 8<"$job/alive" 9>&- 7<&0
    # Ends with the connection: that is the end of what can be read.
    {
        while read -r _ <&7; do :; done
        kill $$
    } 8<&- >/dev/null 2>&1 &
    connected=$!
    read -r _ <&8
    exec 8<&- 7<&-
    kill "$connected" 2>/dev/null
fi

if [ ! -e "$job/result" ]; then
    # It never began, or it was killed: by hand, or with the whole host.
    [ -e "$job/claim" ] || fail 75 "it did not start"
    for keeper in "$job"/job "$job"/job.[0-9]*; do
        if [ -e "$keeper" ]; then
            sh "$keeper" clear
            break
        fi
    done
fi
[ -e "$job/result" ] || fail 74 "cannot write to $job"
read -r how code _ < "$job/result"
[ -z "$service" ] || [ "$how $code" != "exit 126" ] || executable || noexec
set -- "$job/result"
# Where earlier versions of this put what it printed.
[ ! -e "$job/output" ] || set -- "$@" "$job/output"
size=$(cat "$@" | wc -c) kind= more=0
if [ -n "$left" ] && [ -f "$stage/$left" ]; then
    more=$(wc -c < "$stage/$left") kind=file
    [ "$more" -le "$most" ] || more=$((most + 1))
elif [ -n "$left" ] && [ -e "$stage/$left" ]; then
    kind=other
fi
[ -z "$kind" ] || size=$((size + ${#end} + ${#kind} + 3 + more))
tell "$size"
cat "$@"
[ -z "$kind" ] || printf '\n%s %s\n' "$end" "$kind"
[ "$kind" != file ] || head -c "$more" "$stage/$left"
