metadata=http://169.254.169.254
compute=https://compute.googleapis.com

# Prints what the metadata server has at this path.
ask() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsS -m 5 --noproxy '*' -H 'Metadata-Flavor: Google' "$metadata/computeMetadata/v1/instance/$1"
    return
  fi
  for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null 2>&1 || continue
    "$python" - "$metadata/computeMetadata/v1/instance/$1" <<'PYTHON'
import sys
from urllib.request import ProxyHandler, Request, build_opener

request = Request(sys.argv[1], headers={"Metadata-Flavor": "Google"})
print(build_opener(ProxyHandler({})).open(request, timeout=5).read().decode())
PYTHON
    return
  done
  return 1
}

# Prints the end in the metadata of this machine.
told_end() {
  ask attributes/hoist-expires-at
}

# Deletes this machine, as its service account if that may: one that is powered off still has its disk, which costs money.
end_itself() {
  token=$(ask service-accounts/default/token | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')
  [ -n "$token" ] || return 0
  zone=$(ask zone) && name=$(ask name) || return 0
  printf 'Authorization: Bearer %s\n' "$token" |
    curl -fsS -m 30 -o /dev/null -X DELETE -H @- "$compute/compute/v1/$zone/instances/$name" || return 0
  sleep 120
}
