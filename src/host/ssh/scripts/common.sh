# Before this stands `cue`, a word that nobody else knows. What follows a line that begins with it is ours; whatever else runs
# there may print to the same place, before and after.
set +efuvxC
printf '\n%s\n' "$cue"
printf '\n%s\n' "$cue" >&2

# Tells that all is done, and how it ended.
over() {
    printf '\n%s ends %s\n' "$cue" "$1" >&2
    printf '\n%s ends %s\n' "$cue" "$1"
}
trap 'over $?' EXIT

# The answer follows, so many bytes of it: what somebody else prints beside it is noticed by its length.
tell() {
    printf '\n%s tells %s\n' "$cue" "$1"
}

# Tells a text.
answer() {
    tell "$(printf '%s' "$1" | wc -c)"
    printf '%s' "$1"
}

# The user's start-up files may have left no tools to work with, functions in their place, and another language.
unset -f cat chmod command date dd find grep head id kill ls mkdir mkfifo mv ps rm rmdir sed setsid sleep tail tar tr wc 2>/dev/null
command -v mkdir >/dev/null && command -v id >/dev/null ||
    export PATH="${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
language=${LC_ALL-} speaks=${LC_ALL+yes}
export LC_ALL=C

# The language is the host's again.
native() {
    if [ -n "$speaks" ]; then LC_ALL=$language; else unset LC_ALL; fi
}

# Ends with a code and a reason.
fail() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

# Whether a directory is ours, and nothing that only leads to one.
ours() {
    [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

# Makes a directory of ours with these permissions, or refuses one that somebody else has put there: what runs from it would
# be theirs.
own() {
    [ -d "$1" ] || mkdir -m "$2" "$1" || [ -d "$1" ] || fail 73 "cannot make $1"
    ours "$1" || fail 77 "$1 is not ours: it belongs to another user or is a link"
}

# Chooses where our directories on this host are, as `base`: there, or beside it where that belongs to another user, who
# could exchange what is in it. Like /tmp, so that other users of the run find room there.
pick() {
    base=$1
    ours "$base" && return
    [ ! -L "$base" ] || fail 77 "$base is not ours: it is a link"
    beside=$base-$(id -u)
    if ! ours "$beside"; then
        [ -d "$base" ] || [ -d "${base%/*}" ] || (umask 022 && mkdir -p "${base%/*}")
        [ -d "$base" ] || mkdir -m 1777 "$base" || [ -d "$base" ] || fail 73 "cannot make $base"
        ours "$base" || roots "$base" && return
    fi
    base=$beside
    own "$base" 1777
}

# Whether a directory is root's, where nobody can take away what others made.
roots() {
    [ -d "$1" ] && [ ! -L "$1" ] || return
    set -f
    set -- $(ls -ldn "$1")
    set +f
    [ "$3" = 0 ] || return
    case $1 in d???????w[!tT]*) return 1 ;; esac
}

# Refuses a directory that another user could exchange: somebody else's or open to all, itself or one above it.
guarded() {
    place=$(cd -P "$1" && pwd -P) || fail 73 "cannot enter $1"
    while :; do
        roots "$place" || {
            ours "$place" || fail 77 "$1 is not used: $place belongs to another user, who could exchange what runs there"
            set -f
            set -- "$1" $(ls -ldn "$place")
            set +f
            case $2 in d???????w[!tT]*) fail 77 "$1 is not used: everybody may exchange what is in $place (chmod +t $place)" ;; esac
        }
        [ "$place" != / ] || return 0
        place=${place%/*}
        place=${place:-/}
    done
}

# Passes so many bytes of what is read on, and takes none of what follows.
piece() {
    [ "$1" -gt 0 ] || return 0
    if [ "$1" -le 65536 ]; then
        dd bs="$1" count=1 iflag=fullblock
    else
        dd bs=65536 count=$(($1 / 65536)) iflag=fullblock &&
            { [ $(($1 % 65536)) -eq 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock; }
    fi
}

# Asks for what is to be read.
send() {
    printf '\n%s ready\n' "$cue"
}

# All of it came, if this word came after it.
whole() {
    last=
    IFS= read -r last
    [ "$last" = "$1" ]
}
