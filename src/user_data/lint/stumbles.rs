//! Valid settings that do not have the effect that people expect.

use super::check::{
    BAD_HOST_NAME, EACH_BOOT, FLAT_COMMAND, GROUPS, HOME, HOST_NAME, JINJA_NOT_RENDERED, LOCKED_PASSWORD, NO_HOME,
    ONE_WORD, OPERATOR, PLAIN_PASSWORD, REBOOT, SSH_KEY,
};
use super::finding::Finding;
use super::lint_path::LintPath;
use super::visitor::LintVisitor;
use crate::yaml::{Node, YamlValue};

/// Words that are operators of a shell unless they are quoted.
const OPERATORS: [&str; 12] = ["|", "||", "&&", "&", ";", ">", ">>", "<", "2>&1", "2>", "&>", "<<"];

/// Variables that only Jinja expands: cloud-init's names of instance data.
const MACHINE_VALUES: [&str; 10] =
    ["{{v1.", "{{ v1.", "{{ds.", "{{ ds.", "{{ v1[", "{{v1[", "{{ ds[", "{{ds[", "{{ merged_cfg", "{{ instance_id"];

impl LintVisitor<'_> {
    /// Reports common pitfalls in a cloud-config.
    pub(super) fn stumbles(&mut self, root: &Node, place: &LintPath) {
        for key in ["runcmd", "bootcmd"] {
            let commands = root.get(key).map(Node::items).unwrap_or_default();
            self.flat(key, commands, place);
            for command in commands {
                self.operators(key, command, place);
                self.again(key, command, place);
            }
        }
        for user in root.get("users").map(Node::items).unwrap_or_default() {
            self.user(user, place);
            self.keys(user.get("ssh_authorized_keys"), place);
        }
        self.keys(root.get("ssh_authorized_keys"), place);
        for file in root.get("write_files").map(Node::items).unwrap_or_default() {
            let path = file.get("path").and_then(Node::as_text).unwrap_or_default();
            let is_deferred = file.get("defer").is_some_and(|defer| defer.value.is_true());
            if path.starts_with("/home/") && !is_deferred {
                let message = format!(
                    "{path} is written before users are made, so that its folder exists already and belongs to root"
                );
                self.add(Finding::new(&HOME, place, file.line, message).hint("defer: true writes it at the end"));
            }
        }
        for key in ["hostname", "fqdn"] {
            let Some(node) = root.get(key) else { continue };
            let is_odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
            let name = node.as_text().unwrap_or_default();
            let is_open = name.contains(['{', '$', '<', '%']);
            if !is_open && (name.contains(is_odd) || name.split('.').any(|label| label.len() > 63)) {
                let message = format!("{name:?} is no host name: it has letters, digits and hyphens");
                self.add(Finding::new(&BAD_HOST_NAME, place, node.line, message));
            }
        }
        let keeps = root.get("preserve_hostname").is_some_and(|keeps| keeps.value.is_true());
        if let Some(name) = root.get("hostname").or_else(|| root.get("fqdn")).filter(|_| keeps) {
            let message = "preserve_hostname keeps cloud-init from setting this name";
            self.add(Finding::new(&HOST_NAME, place, name.line, message));
        }
    }

    /// Reports operators in a list, whose words are quoted one by one.
    fn operators(&mut self, key: &str, command: &Node, place: &LintPath) {
        let words: Vec<&str> = command.items().iter().filter_map(Node::as_text).collect();
        // A shell that is called explicitly interprets them itself.
        let is_shell = words.iter().any(|word| matches!(*word, "-c" | "-ec" | "-lc" | "-xc" | "-exc"));
        // `$NAME`, `~/x` and `/x/*` require expansion by a shell.
        let is_open = |word: &&&str| {
            let name = word.strip_prefix('$').map(|name| name.trim_start_matches('{'));
            OPERATORS.contains(*word)
                || name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
                || word.starts_with("~/")
                || word.starts_with('/') && word.contains('*') && !word.contains(char::is_whitespace)
        };
        if let Some(word) = words.iter().find(is_open).filter(|_| !is_shell) {
            let message = format!("{key}: in a list, {word} is a word for the command, and no shell sees it");
            let hint = "write the command as one string, or as [sh, -c, '…']";
            self.add(Finding::new(&OPERATOR, place, command.line, message).hint(hint));
        }
        if let [word] = words.as_slice()
            && command.items().len() == 1
            && word.trim().contains(char::is_whitespace)
        {
            let message = format!("{key}: in a list, {word:?} is the name of one program");
            let hint = "write the command as one string, or its words as entries of the list";
            self.add(Finding::new(&ONE_WORD, place, command.line, message).hint(hint));
        }
    }

    /// Reports the words of one command as entries of their own: `runcmd: [touch, /tmp/x]`.
    fn flat(&mut self, key: &str, commands: &[Node], place: &LintPath) {
        let words: Vec<&str> = commands.iter().filter_map(Node::as_text).collect();
        let is_word = |word: &&str| !word.contains(char::is_whitespace);
        let is_argument = |word: &&str| word.starts_with('-') || word.starts_with('/') && !word.contains("bin/");
        if words.len() == commands.len()
            && words.len() > 1
            && words.iter().all(is_word)
            && words[1..].iter().any(is_argument)
        {
            let message =
                format!("{key}: each entry is a command of its own, so that {} are several", words.join(", "));
            let hint = "one command is one string, or a list within the list";
            self.add(Finding::new(&FLAT_COMMAND, place, commands[0].line, message).hint(hint));
        }
    }

    /// Reports commands that reboot the machine, or that are repeated at each boot.
    fn again(&mut self, key: &str, command: &Node, place: &LintPath) {
        let YamlValue::Text { text, .. } = &command.value else {
            let words: Vec<&str> = command.items().iter().filter_map(Node::as_text).collect();
            return self.again_by(key, &words, command.line, place);
        };
        for part in text.split([';', '&', '\n']) {
            let words: Vec<&str> = part.split_whitespace().collect();
            self.again_by(key, &words, command.line, place);
        }
    }

    /// Does the same for one command, given as words.
    fn again_by(&mut self, key: &str, words: &[&str], line: u32, place: &LintPath) {
        let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty() && *word != "sudo").collect();
        let Some(first) = words.first() else { return };
        let program = first.rsplit('/').next().unwrap_or(first);
        let is_start = matches!(program, "reboot" | "poweroff" | "halt")
            || program == "shutdown" && !words.contains(&"-c")
            || matches!(words.as_slice(), ["systemctl", "reboot" | "poweroff", ..] | ["init", "0" | "6", ..]);
        let finding = match (key, is_start) {
            ("runcmd", true) => Finding::new(
                &REBOOT,
                place,
                line,
                format!("runcmd: {program} ends cloud-init before it is done, and what it did is done again"),
            )
            .hint("power_state: {mode: reboot} does it at the end"),
            ("bootcmd", true) => Finding::new(
                &EACH_BOOT,
                place,
                line,
                format!("bootcmd runs at each start, so that {program} never ends"),
            )
            .hint("power_state, or cloud-init-per once NAME COMMAND"),
            ("bootcmd", false)
                if matches!(program, "apt" | "apt-get" | "yum" | "dnf" | "mkfs" | "useradd" | "adduser")
                    || program.starts_with("mkfs.") =>
            {
                let message =
                    format!("bootcmd runs {program} again at each start, before packages and users are set up");
                Finding::new(&EACH_BOOT, place, line, message).hint("runcmd runs once, at the end")
            }
            _ => return,
        };
        self.add(finding);
    }

    fn user(&mut self, user: &Node, place: &LintPath) {
        let name = user.get("name").and_then(Node::as_text).unwrap_or("this user");
        if let Some(groups) = user.get("groups")
            && let Some(text) = groups.as_text()
            && text.trim().contains(char::is_whitespace)
            && !text.contains([',', '{'])
        {
            let message = format!("the groups of {name} are read as one of the name {text:?}");
            self.add(Finding::new(&GROUPS, place, groups.line, message).hint("separate them by commas, or list them"));
        }
        let is_set = |key: &str| user.get(key).is_some_and(|value| value.value.is_true());
        let keys = ["ssh_authorized_keys", "ssh_import_id", "ssh_redirect_user"]
            .into_iter()
            .find(|key| user.get(key).is_some());
        if let Some(keys) =
            keys.filter(|_| is_set("no_create_home") || is_set("system") && user.get("homedir").is_none())
        {
            let message = format!("{name} gets no home, so there is no place for {keys}; cloud-init refuses it");
            self.add(Finding::new(&NO_HOME, place, user.line, message));
        }
        let hashed = user.get("passwd").or_else(|| user.get("hashed_passwd"));
        if let Some(hash) = hashed
            && let Some(text) = hash.as_text()
            && !text.is_empty()
            && !text.starts_with(['$', '*', '!', '<', '{'])
            && text.len() < 13
        {
            let message = format!("the password of {name} must be a hash here, and this is none");
            let hint = "`mkpasswd -m sha-512` makes one; plain_text_passwd takes a password as it is";
            self.add(Finding::new(&PLAIN_PASSWORD, place, hash.line, message).hint(hint));
        }
        let password = hashed.or_else(|| user.get("plain_text_passwd"));
        let is_open = user.get("lock_passwd").or_else(|| user.get("lock-passwd"));
        if let Some(password) = password.filter(|_| is_open.is_none_or(|lock| lock.value != YamlValue::Bool(false))) {
            let message = format!("{name} cannot log in with this password: it is locked unless lock_passwd is false");
            self.add(Finding::new(&LOCKED_PASSWORD, place, password.line, message).hint("lock_passwd: false"));
        }
    }

    fn keys(&mut self, keys: Option<&Node>, place: &LintPath) {
        for key in keys.map(Node::items).unwrap_or_default() {
            let Some(text) = key.as_text() else { continue };
            let kinds = ["ssh-", "ecdsa-", "sk-", "cert-authority"];
            let is_key = text.split_whitespace().any(|word| kinds.iter().any(|kind| word.starts_with(kind)));
            let is_open = ["{{", "${", "<", "jinja", "$"].iter().any(|mark| text.trim_start().starts_with(mark));
            if !is_key && !is_open {
                let message = "this is no public key, and is put down as it is";
                let hint = "a key begins with ssh-ed25519 or the like; ssh_import_id fetches keys";
                self.add(Finding::new(&SSH_KEY, place, key.line, message).hint(hint));
            }
        }
    }

    /// Reports variables of Jinja in a text that is not a template.
    pub(super) fn unrendered(&mut self, text: &str, place: &LintPath) {
        let is_value = |line: &&str| MACHINE_VALUES.iter().any(|mark| line.contains(mark));
        if !text.contains("{{") {
            return;
        }
        if let Some(at) = text.lines().position(|line| is_value(&line)) {
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let message = "cloud-init puts in the machine's values only where the first line is \"## template: jinja\"";
            self.add(Finding::new(&JINJA_NOT_RENDERED, place, number, message).hint("put that line before it"));
        }
    }
}

/// Returns a name in an expression that Jinja parses as a subtraction: `ds.meta-data.x`.
pub(super) fn subtraction(expression: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut words = expression.split(|c: char| !is_name(c));
    words.find(|word| {
        let has_hyphen = word
            .as_bytes()
            .windows(3)
            .any(|three| three[1] == b'-' && three[0].is_ascii_alphabetic() && three[2].is_ascii_alphabetic());
        has_hyphen && (word.starts_with("ds.") || word.starts_with("v1."))
    })
}
