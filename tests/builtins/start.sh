# The first process of a machine: makes a root of its own, lets the real cloud-init run its user data, and takes everything
# down with it once the test that started it is gone. Its standard input is held open by the test. $1: the machine's directory;
# $2: the Debian it is a copy of; $3: its name.
set -e
root=$1/root
mount --bind "$2" "$root"
mount -o remount,bind,ro "$root"
for own in etc var home root tmp run usr/local; do
    mount -t tmpfs -o mode=755 machine "$root/$own"
    cp -a "$2/$own/." "$root/$own/"
done
chmod 1777 "$root/tmp"
cp -r "$1/seed/." "$root/"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
hostname "$3"
exec 3<&0 </dev/null
cd "$root"
exec chroot . sh -c '
cd /
{
    cloud-init init --local
    cloud-init init
    cloud-init modules --mode=config
    cloud-init modules --mode=final
    touch /run/booted
} 3<&- &
# Reaps whatever is left to it, too; HTCondor asks for its parent.
{
    read -r _ <&3
    kill -KILL -1
} &
exec 3<&-
while :; do wait; sleep 1; done
'
