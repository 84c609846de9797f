# Prints a file: file, the most that it may hold.
file=$1 limit=$2
[ -e "$file" ] || exit 66
[ -f "$file" ] || fail 65 "$file is not a file"
size=$(wc -c < "$file") || exit 74
[ "$size" -le "$limit" ] || fail 65 "$file has more than $limit bytes"
tell "$size"
head -c "$size" "$file"
