# Removes a directory or file with all it holds.
clear_away() {
    # What is mounted there may be anything.
    if [ -r /proc/self/mountinfo ]; then
        while read -r _ _ _ _ place _; do
            case $place in
            "$1" | "$1"/*) fail 65 "$place is mounted there; unmount it first" ;;
            esac
        done < /proc/self/mountinfo
    fi
    rm -rf "$1" 2>/dev/null && return
    # Its owner may be without the right to change it.
    chmod -R u+rwx "$1" 2>/dev/null
    rm -rf "$1"
    [ ! -e "$1" ] || exit 74
}
