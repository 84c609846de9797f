lock=/run/hoist-lease
[ -d "$lock" ] && exit 0
mkdir "$lock" 2>/dev/null

# Prints the end in the tag of this machine, from the metadata service.
tagged_end() {
  if command -v curl >/dev/null 2>&1; then
    token=$(curl -fsS -m 5 --noproxy '*' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
      "$metadata/latest/api/token") || return 1
    curl -fsS -m 5 --noproxy '*' -H "X-aws-ec2-metadata-token: $token" "$metadata/$tag"
    return
  fi
  for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null 2>&1 || continue
    "$python" - "$metadata" "$tag" <<'PYTHON'
import sys
from urllib.request import ProxyHandler, Request, build_opener

def ask(path, method, **headers):
    named = {"X-aws-ec2-metadata-token" + key: value for key, value in headers.items()}
    request = Request(sys.argv[1] + "/" + path, headers=named, method=method)
    return build_opener(ProxyHandler({})).open(request, timeout=5).read().decode()

token = ask("latest/api/token", "PUT", **{"-ttl-seconds": "60"})
print(ask(sys.argv[2], "GET", **{"": token}))
PYTHON
    return
  done
  return 1
}

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
    if told=$(tagged_end) && told_end=$(seconds "$told"); then
      answered=$now
      [ "$told_end" = "$end" ] || { end=$told_end; tell "$told"; }
    fi
    # A renewal may have been missed while the service did not answer.
    if [ "$now" -ge "$end" ] && { [ "$answered" = "$now" ] || [ $((now - answered)) -ge "$patience" ]; }; then break; fi
    sleep 20
  done
  logger -t hoist "the lease has ended"
  shutdown -h now || poweroff || halt -p
  sleep 120
  poweroff -f || { echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; }
) </dev/null >/dev/null 2>&1 &
exit 0
