# Replaces the ed25519 host key: step (make or install), the key that is to go. Prints the one that comes.
step=$1 old=$2
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# A file of a key may end without the end of a line, which `read` takes for a failure.
work='
step=$1 old=$2
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 077
key=$(sshd -T 2>/dev/null | sed -n "s/^hostkey \(.*ed25519.*\)$/\1/p" | head -n 1)
[ -n "$key" ] || key=/etc/ssh/ssh_host_ed25519_key
[ -f "$key" ] || { echo "there is no host key $key" >&2; exit 69; }
public() { kind= text=; read -r kind text _ < "$1"; [ -n "$text" ] && printf "%s %s" "$kind" "$text"; }
next=$key.hoist-next
now=$(public "$key.pub")
[ -n "$now" ] || { echo "there is no key in $key.pub" >&2; exit 69; }
if [ "$now" = "$old" ] && [ ! -f "$next.pub" ]; then
    rm -f "$next" "$next.making" "$next.making.pub"
    ssh-keygen -q -t ed25519 -N "" -C "" -f "$next.making" </dev/null >/dev/null || exit 69
    mv -f "$next.making" "$next" && mv -f "$next.making.pub" "$next.pub" || exit 74
fi
if [ "$step" = make ]; then
    if [ -f "$next.pub" ]; then public "$next.pub"; else printf "%s" "$now"; fi
    exit 0
fi
if [ -f "$next" ]; then
    chmod 644 "$next.pub"
    mv -f "$next" "$key" || exit 74
fi
[ ! -f "$next.pub" ] || mv -f "$next.pub" "$key.pub" || exit 74
sync "$key" 2>/dev/null || sync
public "$key.pub"
if [ -d /run/systemd/system ] && { systemctl reload ssh.service || systemctl reload sshd.service; } 2>/dev/null; then
    exit 0
fi
process=$$ listener=
while [ "$process" -gt 1 ] 2>/dev/null; do
    if tr "\0" " " < "/proc/$process/cmdline" 2>/dev/null | grep -q "sshd.*\[listener\]"; then listener=$process; fi
    read -r stat < "/proc/$process/stat" || break
    set -- ${stat##*) }
    process=$2
done
[ -z "$listener" ] || kill -HUP "$listener"
exit 0
'

# Does the work by way of this command, if one is named, and tells its answer.
work_by_way_of() {
    new=$("$@" sh -c "$work" hoist "$step" "$old" </dev/null)
    code=$?
    answer "$new"
    exit "$code"
}

if [ "$(id -u)" -eq 0 ]; then
    work_by_way_of
fi
command -v sudo >/dev/null || fail 77 "$(id -un) is not root, and there is no sudo"
sudo -n true 2>/dev/null || {
    # Users get their rights by cloud-init, which may still be at it.
    if [ -e /run/cloud-init/status.json ] && [ ! -e /run/cloud-init/result.json ]; then
        fail 75 "$(id -un) may not use sudo without a password yet; cloud-init is still running"
    fi
    fail 77 "$(id -un) may not use sudo without a password"
}
work_by_way_of sudo -n
