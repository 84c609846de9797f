# The first process of a machine: makes a root of its own. What follows runs there, and takes everything down with it once the
# test that started it is gone; its standard input is held open by the test. $1: the machine's directory; $2: the Debian it is a
# copy of; $3: its name.
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
