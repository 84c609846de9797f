# Ends with a code and a reason.
fail() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

# Makes the directory of ours on this host, or refuses one that somebody else has put there: what runs from it would be theirs.
own() {
    if [ ! -d "$1" ]; then
        mkdir -p "${1%/*}" && mkdir -m 700 "$1" 2>/dev/null
    fi
    [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || fail 77 "$1 is not ours: it belongs to another user or is a link"
}
