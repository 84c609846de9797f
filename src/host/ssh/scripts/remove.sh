# Removes a directory or file with all it holds: path.
[ -e "$1" ] || [ -L "$1" ] || exit 0
clear_away "$1"
