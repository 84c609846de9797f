#!/bin/sh
# Installs hoist's program on this machine, and starts the scaler of its pool. Safe to repeat.
# $1: who logs in here.
set -eu
login=$1
cd "$(dirname "$0")"

fail() {
    echo "$1" >&2
    exit 1
}

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

echo "%sha256%  hoist" | sha256sum --check --status - || fail "hoist's program has not arrived as it was sent"
chmod 755 hoist
./hoist --version || fail "hoist's program does not run on this machine; answer binary_source with a build that does"
root install -m 755 hoist /usr/local/bin/.hoist.new
root mv -f /usr/local/bin/.hoist.new /usr/local/bin/hoist
# The scaler is set up once cloud-init has done its part, which may end with warnings.
if command -v cloud-init > /dev/null; then root cloud-init status --wait > /dev/null 2>&1 || :; fi
# The workers belong to the run whose plan made this machine, and to its service: their end ends them first.
if [ -n "${HOIST_RUN:-}" ]; then
    printf '%s\n' "HOIST_RUN=$HOIST_RUN" "HOIST_SERVICE=${HOIST_SERVICE:-}" > run.env
    root install -d -m 755 /etc/hoist
    root install -m 644 run.env /etc/hoist/run.env
fi
[ -e /var/lib/hoist/scaler.sh ] || fail "this machine was not set up as a master; its user data is another one"
root bash /var/lib/hoist/scaler.sh "$login"
