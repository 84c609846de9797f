#!/bin/sh
# boot.sh SECONDS PEERS: goes to sleep in the background. bootenv.sh holds what sleeper.json became.
set -eu
. ./bootenv.sh
test "$peers" = "$2"
setsid sleep "$1" > /dev/null 2>&1 < /dev/null &
echo $! > sleep.pid
printf '{"bed": "%s/%s"}\n' "$room" "$sleeper" > bootout.json
echo "$sleeper: $greeting, and good night to $peers"
