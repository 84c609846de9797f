# Waits until cloud-init has ended, where it runs on this host, and prints its status: machine or host.
command -v cloud-init >/dev/null || exit 0
# It is installed on many hosts where nothing ever starts it; there it would be waited for in vain.
if [ ! -e /run/cloud-init/status.json ]; then
    [ "$1" = machine ] && [ -e /run/cloud-init/enabled ] || exit 0
fi
status=$(cloud-init status --wait --format json 2>/dev/null)
code=$?
if [ -z "$status" ]; then
    # Versions before 22.4 know no format.
    status=$(cloud-init status --wait --long)
    code=$?
fi
if [ "$code" -eq 1 ]; then
    log=/var/log/cloud-init-output.log
    end=$(tail -n 12 "$log" 2>/dev/null || sudo -n tail -n 12 "$log" 2>/dev/null)
    status=$(printf '%s\n#hoist-log\n%s' "$status" "$end")
fi
answer "$status"
exit "$code"
