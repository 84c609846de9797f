# Lets the real cloud-init run the user data.
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
