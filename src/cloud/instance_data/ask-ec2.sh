metadata=http://169.254.169.254
tag=latest/meta-data/tags/instance/hoist:expires-at

# Prints the end in the tag of this machine, from the metadata service.
told_end() {
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

# EC2 terminates the machine when it is powered off.
end_itself() { :; }
