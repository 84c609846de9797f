#!/bin/sh
# Stops the store before its machine goes.
if [ -f database.pid ] && kill "$(cat database.pid)" 2>/dev/null; then
    echo "the store is stopped"
else
    echo "the store was not running"
fi
