//! The two notations of plans, and their names of settings.

use std::path::Path;

/// The notation of a plan, whose terms messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// TOML.
    Native,
    /// cloudinit.d's.
    Cloudinitd,
}

/// The names of settings in messages, and their names in cloudinit.d's notation.
const SETTINGS: [(&str, &str); 11] = [
    ("`timeout`", "`pgm_timeout`"),
    ("`ssh.user`", "`ssh_username`"),
    ("`ssh.key`", "`localsshkeypath`"),
    ("`key_name`", "`sshkeyname`"),
    ("`instance_type`", "`allocation`"),
    ("`security_groups`", "`securitygroups`"),
    ("`address`", "`hostname`"),
    ("`run_on = \"this-host\"`", "`local_exe: true`"),
    ("`region`", "`iaas`"),
    ("`endpoint`", "`iaas_url`"),
    ("`attributes`", "`deps`"),
];

/// Settings that cloudinit.d's notation lacks, with the remaining alternatives.
const OTHER_WAYS: [(&str, &str); 2] = [
    ("`ssh.port`", "a `Port` line for it in ~/.ssh/config"),
    ("`ssh.stage`", "the environment variable `REMOTE_WORKING_DIR_ENV`"),
];

/// Other settings that exist in TOML only.
const NATIVE_ONLY: [&str; 7] = [
    "`ssh.login_shell = false`",
    "`ssh.host_key = \"accept-new\"`",
    "`zone`",
    "`subnet`",
    "`market`",
    "`market = \"on-demand\"`",
    "`lease`",
];

impl Notation {
    /// Returns the notation of the plan in this file, according to its name.
    pub fn of(file: &Path) -> Self {
        if file.extension().is_some_and(|extension| extension == "toml") { Self::Native } else { Self::Cloudinitd }
    }

    /// Detects the notation of a plan's text.
    pub fn of_text(text: &str) -> Self {
        let is_cloudinitd = text.lines().any(|line| line.trim_end() == "[runlevels]");
        if is_cloudinitd { Self::Cloudinitd } else { Self::Native }
    }

    /// Translates a message, which has TOML's names of settings in backticks, to this notation.
    pub fn in_its_words(self, message: &str) -> String {
        if self == Self::Native || !message.contains('`') {
            return message.to_owned();
        }
        let mut text = message.to_owned();
        for (native, own) in SETTINGS.into_iter().chain(OTHER_WAYS) {
            if text.contains(native) {
                text = text.replace(native, own);
            }
        }
        if NATIVE_ONLY.iter().any(|setting| text.contains(setting)) {
            text.push_str(" (in TOML, which `hoist plan import` makes of this plan)");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_tells() {
        assert_eq!(Notation::of(Path::new("a/web.toml")), Notation::Native);
        assert_eq!(Notation::of(Path::new("a/top.conf")), Notation::Cloudinitd);
        assert_eq!(Notation::of(Path::new("launch")), Notation::Cloudinitd);
    }

    #[test]
    fn settings_are_called_what_the_plan_calls_them() {
        let hint = "`ssh.key` must go with `key_name`; a longer `timeout` waits longer, `hoist plan logs x` shows more";
        assert_eq!(Notation::Native.in_its_words(hint), hint);
        assert_eq!(
            Notation::Cloudinitd.in_its_words(hint),
            "`localsshkeypath` must go with `sshkeyname`; a longer `pgm_timeout` waits longer, `hoist plan logs x` shows more"
        );
        assert_eq!(
            Notation::Cloudinitd.in_its_words("allow another `zone`"),
            "allow another `zone` (in TOML, which `hoist plan import` makes of this plan)"
        );
    }
}
