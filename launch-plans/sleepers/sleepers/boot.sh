#!/bin/sh
# boot.sh SECONDS PEERS: goes to sleep in the background. bootenv.sh holds what sleeper.json became.
set -eu
. ./bootenv.sh
test "$peers" = "$2"
# It may be run again, with other values: what an earlier run started ends first.
if [ -f sleep.pid ] && kill "$(cat sleep.pid)" 2> /dev/null; then
    while kill -0 "$(cat sleep.pid)" 2> /dev/null; do sleep 0.1; done
fi
setsid sleep "$1" > /dev/null 2>&1 < /dev/null &
echo $! > sleep.pid
printf '{"bed": "%s/%s"}\n' "$room" "$sleeper" > bootout.json
echo "$sleeper: $greeting, and good night to $peers"
