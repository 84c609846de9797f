//! The end of a lease, enforced by the instance itself.

use jiff::Timestamp;

use crate::user_data::Part;

/// Returns a boot hook that powers the instance off at the end of its lease; with "terminate" as its shutdown
/// behaviour, EC2 then terminates it.
///
/// cloud-init runs boot hooks at every start, early and on every init system. The end is absolute, so neither a restart
/// nor a later change of the clock moves it, and two copies do no harm. A shutdown that hangs is forced. The end is in
/// the file /run/hoist/lease, for programs that have to stop before it.
#[cfg(feature = "aws")]
pub(in crate::cloud) fn part(expires_at: Timestamp) -> Part {
    boot_hook(fixed(expires_at))
}

fn boot_hook(text: String) -> Part {
    Part::new("text/cloud-boothook", "hoist-lease", "lease", text.into_bytes())
}

#[cfg(feature = "aws")]
fn fixed(expires_at: Timestamp) -> String {
    format!(
        r#"#cloud-boothook
#!/bin/sh
# The lease of this machine ends at {expires_at}; then it powers itself off.
end={seconds}
lock=/run/hoist-lease-$end
[ -d "$lock" ] && exit 0
mkdir "$lock" 2>/dev/null
mkdir -p /run/hoist && echo {expires_at} >/run/hoist/lease
(
  trap '' HUP
  while [ "$(date +%s)" -lt "$end" ]; do sleep 20; done
  logger -t hoist "the lease has ended" 2>/dev/null
  shutdown -h now || poweroff || halt -p
  sleep 120
  poweroff -f || {{ echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; }}
) </dev/null >/dev/null 2>&1 &
exit 0
"#,
        expires_at = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds = expires_at.as_second(),
    )
}

/// Where an instance learns that the end of its lease was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum LeaseSource {
    /// EC2's tag [`TAG_EXPIRES`](crate::provider::TAG_EXPIRES), which the metadata service tells.
    #[cfg(feature = "aws")]
    Ec2Tag,
    /// Compute Engine's metadata value `hoist-expires-at`.
    #[cfg(feature = "gce")]
    GceMetadata,
}

impl LeaseSource {
    /// Returns the functions `told_end`, which prints the end, and `end_itself`.
    fn functions(self) -> &'static str {
        match self {
            #[cfg(feature = "aws")]
            Self::Ec2Tag => include_str!("ask-ec2.sh"),
            #[cfg(feature = "gce")]
            Self::GceMetadata => include_str!("ask-gce.sh"),
        }
    }
}

/// The rest of the boot hook of [`renewed_part`].
const FOLLOW: &str = include_str!("follow-lease.sh");

/// Returns a boot hook that ends the instance at the end of its lease, which is `expires_at` unless `source` tells
/// another time. The hook asks it every 20 seconds, and keeps the present end in the file /run/hoist/lease.
///
/// If nobody answers, the last known end holds, and at that end the hook waits for an answer until there has been none
/// for ten minutes.
pub(in crate::cloud) fn renewed_part(expires_at: Timestamp, source: LeaseSource) -> Part {
    boot_hook(renewed(expires_at, source))
}

fn renewed(expires_at: Timestamp, source: LeaseSource) -> String {
    format!(
        r#"#cloud-boothook
#!/bin/sh
# The lease of this machine ends at {expires_at}, or when its cloud tells; then it ends itself.
end={seconds}
patience=600
run=/run/hoist
{functions}
{FOLLOW}"#,
        expires_at = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds = expires_at.as_second(),
        functions = source.functions(),
    )
}

#[cfg(all(test, feature = "aws"))]
mod tests;
