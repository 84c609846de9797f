#!/bin/sh
# Wakes the sleeper before its machine goes.
kill "$(cat sleep.pid)" && echo "good morning"
