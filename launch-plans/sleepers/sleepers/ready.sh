#!/bin/sh
# ready.sh NAME: it sleeps.
if kill -0 "$(cat sleep.pid)"; then
    echo "$1 sleeps"
else
    echo "$1 is awake" >&2
    exit 1
fi
