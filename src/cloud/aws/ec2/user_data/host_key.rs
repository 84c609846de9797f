//! The host key that a new machine is to have at first.

use crate::user_data::Part;

/// The cloud-config that gives the machine this host key and no other: where `ssh_keys` is set, cloud-init's module
/// cc_ssh makes none itself, and it deletes those of the image.
///
/// Cloud-configs are merged top key by top key and the later one wins, so this part stands before the user's: what they
/// set otherwise is theirs.
pub(super) fn part(private: &str, public: &str) -> Part {
    let private: String = private.lines().map(|line| format!("    {line}\n")).collect();
    let public = public.trim();
    let text = format!(
        "#cloud-config\nssh_deletekeys: true\nssh_keys:\n  ed25519_private: |\n{private}  ed25519_public: {public}\n"
    );
    Part::new("text/cloud-config", "hoist-host-key", "host key", text.into_bytes())
}
