lock=/run/hoist-lease
[ -d "$lock" ] && exit 0
mkdir "$lock" 2>/dev/null

# Prints a time such as 2026-12-01T10:00:00Z in seconds since 1970; fails if it is none.
seconds() {
  case $1 in
    20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z) date -u -d "$1" +%s ;;
    *) return 1 ;;
  esac
}

# Keeps the present end in a file, for the programs of this machine.
tell() {
  mkdir -p "$run" && printf '%s\n' "$1" >"$run/lease.new" && mv -f "$run/lease.new" "$run/lease"
}

(
  trap '' HUP
  tell "$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ)"
  # Before its first answer, the service has not just answered.
  answered=$(($(date +%s) - 1))
  while :; do
    now=$(date +%s)
    if told=$(told_end) && at=$(seconds "$told"); then
      answered=$now
      [ "$at" = "$end" ] || { end=$at; tell "$told"; }
    fi
    # A renewal may have been missed while the service did not answer.
    if [ "$now" -ge "$end" ] && { [ "$answered" = "$now" ] || [ $((now - answered)) -ge "$patience" ]; }; then break; fi
    sleep 20
  done
  logger -t hoist "the lease has ended"
  end_itself
  shutdown -h now || poweroff || halt -p
  sleep 120
  poweroff -f || { echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; }
) </dev/null >/dev/null 2>&1 &
exit 0
