//! The initial host key of a new instance.

use crate::user_data::Part;

/// Returns a cloud-config with this host key as the only one: with `ssh_keys` set, cloud-init's module cc_ssh generates
/// no keys, and it deletes those of the image.
///
/// Cloud-configs are merged by top-level key, and the later one wins, so this part precedes the user's, whose settings
/// take precedence.
pub(super) fn part(private: &str, public: &str) -> Part {
    let private: String = private.lines().map(|line| format!("    {line}\n")).collect();
    let public = public.trim();
    let text = format!(
        "#cloud-config\nssh_deletekeys: true\nssh_keys:\n  ed25519_private: |\n{private}  ed25519_public: {public}\n"
    );
    Part::new("text/cloud-config", "hoist-host-key", "host key", text.into_bytes())
}
