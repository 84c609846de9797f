# Puts what is read into a file: base, file, mode, size, the word that comes after it.
file=$2 mode=$3 size=$4 end=$5
umask 077
pick "$1"
[ "$base" = "$1" ] || fail 77 "$1 is not ours: it belongs to another user"
folder=${file%/*}
[ -d "$folder" ] || (umask 022 && mkdir -p "$folder") || fail 73 "cannot make $folder"
unfinished=$file.$$.new
trap 'code=$?; rm -f "$unfinished"; over $code' EXIT
send
piece "$size" > "$unfinished" || fail 74 "cannot write $file"
whole "$end" || fail 75 "it did not come whole"
chmod "$mode" "$unfinished" && mv -f "$unfinished" "$file" || fail 74 "cannot write $file"
