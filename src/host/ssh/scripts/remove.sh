# Removes a directory or file with all it holds: path.
path=$1
[ -e "$path" ] || [ -L "$path" ] || exit 0
# What is mounted there may be anything.
if [ -r /proc/self/mountinfo ]; then
    while read -r _ _ _ _ place _; do
        case $place in
        "$path" | "$path"/*) fail 65 "$place is mounted there; unmount it first" ;;
        esac
    done < /proc/self/mountinfo
fi
rm -rf "$path" 2>/dev/null && exit 0
# Its owner may be without the right to change it.
chmod -R u+rwx "$path" 2>/dev/null
rm -rf "$path"
[ ! -e "$path" ] || exit 74
