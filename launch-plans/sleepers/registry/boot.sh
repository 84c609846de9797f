#!/bin/sh
# boot.sh NAME GREETING: opens the guest book. What is written to bootout.json becomes attributes of this service.
set -eu
mkdir -p guests
printf '{"room": "%s-%s", "greeting": "%s"}\n' "$1" "$$" "$2" > bootout.json
