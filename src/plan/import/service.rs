//! Converting one service to the native notation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use super::super::draft::{ProgramDraft, ServiceDraft};
use super::super::located::Located;
use super::super::model::{LAUNCH_ATTRIBUTES, RunOn};
use super::super::on_host::{ForwardAgent, LoginShell};
use super::super::text::Text;
use super::super::{duration, source};
use super::write::{assignment, key, quoted, relative, table};
use crate::diagnostics::shown;

pub(super) struct ServiceWriter<'a> {
    pub(super) draft: &'a ServiceDraft,
    pub(super) destination: &'a Path,
    /// The settings that must become attributes.
    pub(super) settings: &'a BTreeSet<String>,
    pub(super) notes: &'a mut Vec<String>,
}

impl ServiceWriter<'_> {
    pub(super) fn write(mut self, toml: &mut String) {
        let fields = &self.draft.fields;
        toml.push_str(&format!("\n[levels.services.{}]\n", key(&self.draft.name.value)));
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                assignment(toml, key, &value);
            }
        };
        line("replicas", (self.draft.replicas > 1).then(|| self.draft.replicas.to_string()));
        line("cloud", fields.cloud.as_ref().map(|cloud| quoted(&cloud.value)));
        let on_this_host = fields.run_on.as_ref().is_some_and(|on| on.value == RunOn::ThisHost);
        line("run_on", on_this_host.then(|| quoted("this-host")));
        if self.draft.launches {
            let instance_type = fields.instance_type.clone().and_then(|types| {
                let only = types.value.first()?.clone();
                Some(types.map(|_| only))
            });
            line("image", self.text(&fields.image, "image"));
            line("instance_type", self.text(&instance_type, "allocation"));
            line("key_name", self.text(&fields.key_name, "sshkeyname"));
            line("security_groups", self.groups());
        } else {
            line("address", self.text(&fields.address, "hostname"));
        }
        line("ssh", self.ssh());
        line("timeout", fields.timeout.as_ref().map(span));
        line("boot", fields.boot.as_ref().map(|program| self.program(program)));
        line("ready", fields.ready.as_ref().map(|program| self.program(program)));
        line("terminate", fields.terminate.as_ref().map(|program| self.program(program)));
        let attributes = self.attributes();
        line("attributes", (!attributes.is_empty()).then(|| table(&attributes)));
        self.other_notes(on_this_host);
    }

    fn note(&mut self, note: impl std::fmt::Display) {
        self.notes.push(format!("service \"{}\": {note}", shown(&self.draft.name.value)));
    }

    fn unset(&self, key: &str) -> Option<&str> {
        self.draft.unset.iter().find(|(unset, _)| *unset == key).map(|(_, env)| env.as_str())
    }

    /// Returns the value of a text, or the variable that it comes from, set or not.
    fn text(&self, text: &Option<Located<Text>>, cloudinitd_key: &str) -> Option<String> {
        match (text, self.unset(cloudinitd_key)) {
            (Some(text), _) => Some(written(text, text.value.as_str())),
            (None, Some(env)) => Some(quoted(&format!("env.{env}"))),
            (None, None) => None,
        }
    }

    fn groups(&self) -> Option<String> {
        let groups = self.draft.fields.security_groups.as_ref()?;
        let one = matches!(groups.value.as_slice(), [one] if !one.as_str().contains(','));
        let names = match (&groups.env, one) {
            (Some(env), true) => vec![quoted(&format!("env.{env}"))],
            _ => groups.value.iter().map(|group| quoted(group.as_str())).collect(),
        };
        Some(format!("[{}]", names.join(", ")))
    }

    fn ssh(&self) -> Option<String> {
        let fields = &self.draft.fields;
        let mut entries = Vec::new();
        if let Some(user) = &fields.ssh_user {
            entries.push(("user".to_owned(), written(user, &user.value)));
        } else if let Some(env) = self.unset("ssh_username") {
            entries.push(("user".to_owned(), quoted(&format!("env.{env}"))));
        }
        if let Some(key) = &fields.ssh_key {
            entries.push(("key".to_owned(), self.path(key)));
        } else if let Some(env) = self.unset("localsshkeypath") {
            entries.push(("key".to_owned(), quoted(&format!("env.{env}"))));
        }
        if fields.forward_agent.as_ref().is_some_and(|given| given.value == ForwardAgent::Boot) {
            entries.push(("forward_agent".to_owned(), quoted("boot")));
        }
        if fields.login_shell.as_ref().is_some_and(|given| given.value == LoginShell::Checks) {
            entries.push(("login_shell".to_owned(), quoted("checks")));
        }
        (!entries.is_empty()).then(|| table(&entries))
    }

    fn program(&self, program: &ProgramDraft) -> String {
        let path = self.path(&program.program);
        let mut entries = vec![("program".to_owned(), path.clone())];
        if !program.args.is_empty() {
            let args: Vec<String> = program.args.iter().map(|arg| quoted(arg.value.as_str())).collect();
            entries.push(("args".to_owned(), format!("[{}]", args.join(", "))));
        }
        entries.extend(program.config.as_ref().map(|config| ("config".to_owned(), self.path(config))));
        entries.extend(program.timeout.as_ref().map(|timeout| ("timeout".to_owned(), span(timeout))));
        if entries.len() == 1 { path } else { table(&entries) }
    }

    /// Returns the path relative to the destination. A variable of the environment is kept if its path means the same
    /// there.
    fn path(&self, path: &Located<String>) -> String {
        let anywhere = path.value.starts_with(['/', '~']);
        match &path.env {
            Some(env) if anywhere => quoted(&format!("env.{env}")),
            _ if anywhere => quoted(&path.value),
            _ => {
                let absolute = source::resolve(&self.draft.directory, &path.value, None);
                quoted(&relative(&absolute, self.destination).to_string_lossy())
            }
        }
    }

    fn attributes(&mut self) -> Vec<(String, String)> {
        let given = self.draft.fields.attributes.iter().map(|(name, text)| (name, written(text, text.value.as_str())));
        let unset =
            self.draft.fields.unset_attributes.iter().map(|(name, env)| (name, quoted(&format!("env.{}", env.value))));
        let mut attributes: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in given.chain(unset) {
            let takes = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) && !name.is_empty();
            if LAUNCH_ATTRIBUTES.contains(&name.as_str()) {
                self.note(format_args!(
                    "the attribute \"{name}\" is not carried over: every service has one of its own"
                ));
            } else if takes {
                attributes.insert(name, value);
            } else {
                self.note(format_args!(
                    "the attribute \"{}\" is not carried over: no reference could name it",
                    shown(name)
                ));
            }
        }
        for name in self.settings {
            if let Some(value) = self.draft.settings.get(name) {
                attributes.insert(name, quoted(value));
                self.note(format_args!("its setting \"{name}\" becomes an attribute, since references read it"));
            }
        }
        attributes.into_iter().map(|(name, value)| (key(name), value)).collect()
    }

    fn other_notes(&mut self, on_this_host: bool) {
        let draft = self.draft;
        for (key, env) in &draft.frozen {
            let single_group = draft.fields.security_groups.as_ref().is_some_and(|groups| groups.value.len() == 1);
            if *key != "securitygroups" || !single_group {
                self.note(format_args!("{key} is env.{env}; the value that it has now is written"));
            }
        }
        for (key, env) in &draft.unset {
            let kept = ["image", "allocation", "sshkeyname", "ssh_username", "localsshkeypath"].contains(key);
            let ends = if kept { "" } else { " and not carried over" };
            if !["iaas", "iaas_url", "iaas_key", "iaas_secret"].contains(key) {
                self.note(format_args!("{key} is env.{env}, which is not set now{ends}"));
            }
        }
        for (name, env) in &draft.fields.unset_attributes {
            self.note(format_args!("the attribute \"{name}\" is env.{}, which is not set now", env.value));
        }
        let user = |key: &str| draft.settings.get(key);
        if let Some(scp) = user("scp_username").filter(|scp| Some(*scp) != user("username")) {
            self.note(format_args!(
                "scp_username \"{}\" is not carried over: hoist copies and runs as one user",
                shown(scp)
            ));
        }
        if on_this_host && draft.launches && draft.fields.image.is_none() {
            self.note("launches no machine any more: it has no image, and its programs run on this host");
        }
        if draft.launches && draft.fields.address.is_some() {
            self.note(
                "its hostname is not carried over: with iaas_launch the launched machine's address takes its place",
            );
        }
    }
}

/// Returns the value, or the variable that it comes from.
fn written<T>(value: &Located<T>, text: &str) -> String {
    value.env.as_ref().map_or_else(|| quoted(text), |env| quoted(&format!("env.{env}")))
}

fn span(value: &Located<Duration>) -> String {
    written(value, &duration::format(value.value))
}
