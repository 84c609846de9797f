# Puts what is read into a file: base, file, mode, size.
base=$1 file=$2 mode=$3 size=$4
umask 077
own "$base"
mkdir -p "${file%/*}" || exit 73
unfinished=$file.$$.new
trap 'rm -f "$unfinished"' EXIT
cat > "$unfinished" || exit 74
[ "$(wc -c < "$unfinished")" -eq "$size" ] || fail 75 "it did not come whole"
chmod "$mode" "$unfinished" && mv -f "$unfinished" "$file" || exit 74
