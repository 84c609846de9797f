//! Files written by a cloud-config.

use super::super::secrets;
use super::super::written::{self, permissions};
use super::check::{FILE_ENCODING, FILE_PATH, NOT_LOOKED_AT, OWNER, PERMISSIONS};
use super::cloud_config::of_block;
use super::finding::Finding;
use super::lint_path::LintPath;
use super::visitor::LintVisitor;
use crate::yaml::{Node, YamlValue};

/// Files whose content is secret, by parts of their paths.
const SECRET_FILES: [(&str, &str); 26] = [
    ("/pool_password", "htcondor-password"),
    ("/passwords.d/", "htcondor-password"),
    ("/.pgpass", "pgpass"),
    ("/.vault-token", "vault-token"),
    ("/.my.cnf.password", "password"),
    ("munge.key", "munge-key"),
    ("/.erlang.cookie", "erlang-cookie"),
    ("/encrypted_data_bag_secret", "chef-secret"),
    ("/etc/corosync/authkey", "corosync-key"),
    ("/etc/pacemaker/authkey", "pacemaker-key"),
    ("/.vault_pass", "ansible-vault-password"),
    ("/vault-password", "ansible-vault-password"),
    ("/.vnc/passwd", "vnc-password"),
    ("/slurm/jwt_hs256.key", "slurm-key"),
    ("/slurm.key", "slurm-key"),
    ("/luks.key", "disk-key"),
    ("/crypto_keyfile", "disk-key"),
    ("/etc/ceph/ceph.client.admin.secret", "ceph-key"),
    (".keytab", "kerberos-keytab"),
    ("/etc/passwd-s3fs", "s3fs-key"),
    ("/.passwd-s3fs", "s3fs-key"),
    ("/rndc.key", "dns-key"),
    ("/davfs2/secrets", "davfs-password"),
    ("/chap-secrets", "ppp-secret"),
    ("/pap-secrets", "ppp-secret"),
    ("/ipsec.secrets", "ipsec-psk"),
];

/// Users and groups that systems have from the beginning, so that files may belong to them.
const SYSTEM_OWNERS: [&str; 44] = [
    "root",
    "daemon",
    "bin",
    "sys",
    "sync",
    "games",
    "man",
    "lp",
    "mail",
    "news",
    "uucp",
    "proxy",
    "www-data",
    "backup",
    "list",
    "irc",
    "nobody",
    "nogroup",
    "adm",
    "tty",
    "disk",
    "kmem",
    "dialout",
    "fax",
    "voice",
    "cdrom",
    "floppy",
    "tape",
    "sudo",
    "audio",
    "dip",
    "operator",
    "src",
    "shadow",
    "utmp",
    "video",
    "sasl",
    "plugdev",
    "staff",
    "users",
    "wheel",
    "sshd",
    "systemd-network",
    "messagebus",
];

impl LintVisitor<'_> {
    pub(super) fn file(&mut self, file: &Node, index: usize, place: &LintPath) {
        let path = file.get("path").and_then(Node::as_text).unwrap_or("a file without a path");
        let name = format!("write_files {} ({path})", index + 1);
        self.path(file, &name, place);
        self.owner(file, &name, place);
        self.permissions(file, &name, place);
        let Some(content) = file.get("content") else { return };
        let Some(text) = content.as_text() else { return };
        let encoding = file.get("encoding").and_then(Node::as_text).unwrap_or_default();
        let is_encoded = !matches!(encoding, "" | "text/plain");
        let (data, place) = match written::content(text, encoding) {
            // Text was already searched as base64 of the whole text; here its syntax is checked.
            Ok(data) if is_encoded => {
                let place = place.of_encoded(&name, content.line);
                if !self.take(data.len(), &place) {
                    return;
                }
                (data, place)
            }
            Ok(data) => (data, of_block(place, name, content)),
            // The schema already reports the invalid encoding.
            Err(written::ContentError::NoEncoding(_)) => return,
            Err(message @ written::ContentError::TooLarge) => {
                self.add(Finding::new(&NOT_LOOKED_AT, place, content.line, format!("{name}: {message}")));
                return;
            }
            Err(_) => {
                let message = format!("{name}: its content is not {encoding}");
                self.add(Finding::new(&FILE_ENCODING, place, content.line, message));
                return;
            }
        };
        let is_named = |(part, _): &&(&str, &str)| path.contains(part);
        let written = String::from_utf8_lossy(&data);
        let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if let Some((_, rule)) = SECRET_FILES.iter().find(is_named) {
            let said = written.lines().find(is_said).unwrap_or_default().trim();
            if let Some(mut secret) = secrets::password(1, path, said) {
                secret.name = format!("{rule}:{path}");
                secret.what = format!("the content of {path}");
                self.secret(&secret, &place);
            }
        } else if let Some(secret) = secrets::content(path, &written) {
            self.secret(&secret, &place);
        }
        if data.starts_with(b"#!") {
            self.script(&String::from_utf8_lossy(&data), &place);
        }
    }

    fn path(&mut self, file: &Node, name: &str, place: &LintPath) {
        let Some(node) = file.get("path") else { return };
        let Some(path) = node.as_text() else { return };
        let message = if path.starts_with('~') || path.starts_with('$') && !path.starts_with("${") {
            format!("{name}: no shell reads the path, so its beginning is taken as it is written")
        } else if path.ends_with('/') {
            format!("{name}: the path of a file does not end in a slash")
        } else if !path.starts_with(['/', '{', '<', '$', 'j']) && !path.contains(':') {
            format!("{name}: the path is not absolute, and is taken from the root of the file system")
        } else {
            return;
        };
        self.add(Finding::new(&FILE_PATH, place, node.line, message).hint("/home/NAME/…, with defer: true"));
    }

    /// Checks a file's owner. Files are written before users are made and packages installed, unless they are deferred.
    /// If the owner does not exist, the files after this one are not written either.
    fn owner(&mut self, file: &Node, name: &str, place: &LintPath) {
        let Some(owner) = file.get("owner") else { return };
        let Some(text) = owner.as_text() else { return };
        if file.get("defer").is_some_and(|defer| defer.value.is_true()) {
            return;
        }
        let is_there = |name: &str| {
            let name = name.trim();
            name.is_empty() || SYSTEM_OWNERS.contains(&name) || name.chars().all(|c| c.is_ascii_digit())
        };
        let Some(missing) = text.splitn(2, ':').find(|name| !is_there(name)) else { return };
        let message = format!(
            "{name}: it is written before users are made and packages installed, so {missing} may not exist yet"
        );
        self.add(Finding::new(&OWNER, place, owner.line, message).hint("defer: true writes it at the end"));
    }

    fn permissions(&mut self, file: &Node, name: &str, place: &LintPath) {
        let Some(node) = file.get("permissions") else { return };
        let message = match (&node.value, permissions(&node.value)) {
            // `644` without its zero is 01204.
            (YamlValue::Int(_), Ok(mode)) if mode & 0o7000 != 0 || mode & 0o400 == 0 => {
                format!("{name}: the number gives permissions {mode:04o}, which few mean")
            }
            (_, Ok(mode)) if mode & 0o6000 != 0 => {
                format!(
                    "{name}: cloud-init before 25.3 sets the owner last, which takes away the bits of {mode:04o} that set a user or group"
                )
            }
            (_, Ok(_)) => return,
            (_, Err(message)) => format!("{name}: {message}, so cloud-init takes 0644"),
        };
        let is_text = node.as_text().is_some();
        let hint =
            if is_text { "octal digits: '0644'; set such bits in runcmd" } else { "write them as a string: '0644'" };
        self.add(Finding::new(&PERMISSIONS, place, node.line, message).hint(hint));
    }
}
