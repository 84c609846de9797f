//! A `[svc-NAME]` section, completed by its named cloud and the defaults.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::diagnostic_sink::DiagnosticSink;
use super::super::draft::{Fields, MAX_SERVICES, ProgramDraft, ServiceDraft};
use super::super::environment::Environment;
use super::super::located::Located;
use super::super::model::{OnFailure, RunOn};
use super::super::on_host::{ForwardAgent, LoginShell};
use super::super::text::Text;
use super::super::{duration, source};
use super::clouds::{self, CloudSections};
use super::deps_file::DepsFiles;
use super::keys::{CLOUD_KEYS, DEFAULT_KEYS, SERVICE_KEYS};
use super::section_values::{OptionValue, ResolvedOption, SectionValues, Values};
use super::self_reference;
use super::split_args;
use crate::diagnostics::{did_you_mean, shown};
use crate::plan::known_providers::KnownProviders;

/// Reads services. Holds the state that they share.
pub(super) struct ServiceReader<'a> {
    pub(super) findings: &'a DiagnosticSink,
    pub(super) environment: &'a Environment<'a>,
    pub(super) providers: &'a KnownProviders,
    pub(super) defaults: &'a Values,
    pub(super) cloud_sections: &'a BTreeMap<&'a str, Values>,
    pub(super) clouds: RefCell<CloudSections>,
    pub(super) deps: DepsFiles<'a>,
}

/// A service's values in order of precedence.
struct LayeredOptions<'a> {
    own: Values,
    cloud: Option<&'a Values>,
    defaults: &'a Values,
    /// Options whose only value is an unset variable.
    unset: RefCell<Vec<(&'static str, String)>>,
    /// Options whose value came from a variable and was converted.
    frozen: RefCell<Vec<(&'static str, String)>>,
}

impl LayeredOptions<'_> {
    /// Returns the option from the service, its named cloud or the defaults, in this order.
    fn picked(&self, key: &'static str) -> ResolvedOption {
        let sources = [Some(&self.own), self.cloud.filter(|_| CLOUD_KEYS.contains(&key)), Some(self.defaults)];
        let picked = ResolvedOption::first(sources.into_iter().flatten().filter_map(|values| values.get(key)));
        if let Some(variable) = &picked.unset {
            remember(&self.unset, key, &variable.value);
        }
        picked
    }

    fn pick(&self, key: &'static str) -> Option<Located<String>> {
        self.picked(key).value
    }

    /// Like [`Self::picked`], for a value that is going to be converted.
    fn pick_to_change(&self, key: &'static str) -> Option<Located<String>> {
        let value = self.pick(key)?;
        if let Some(variable) = &value.env {
            remember(&self.frozen, key, variable);
        }
        Some(value)
    }
}

fn remember(list: &RefCell<Vec<(&'static str, String)>>, key: &'static str, variable: &str) {
    let mut list = list.borrow_mut();
    if list.iter().all(|(known, _)| *known != key) {
        list.push((key, variable.to_owned()));
    }
}

impl<'a> ServiceReader<'a> {
    pub(super) fn read(&self, name: &str, view: SectionValues<'_>, directory: &Arc<Path>) -> ServiceDraft {
        let known: Vec<&'static str> = DEFAULT_KEYS.iter().chain(SERVICE_KEYS).copied().collect();
        view.warn_of_others(&[&known[..], &["deps"]].concat(), |key| key.starts_with("deps"));
        view.warn_of_secrets();
        let own = view.values(&known);
        let section = self.cloud_section(&own);
        let values = LayeredOptions {
            own,
            cloud: section.and_then(|section| self.cloud_sections.get(section)),
            defaults: self.defaults,
            unset: RefCell::default(),
            frozen: RefCell::default(),
        };
        let hostname = values.pick("hostname");
        let image = values.pick("image");
        let launches = self.launches(&values, &view, image.is_some(), hostname.is_some());
        let program_timeout = self.timeout(&values);
        let program = |program, args| self.program(&values, program, args, program_timeout.clone());
        let mut boot = program("bootpgm", "bootpgm_args");
        let config = self.pick_loud(&values, "bootconf", "the boot program goes without it");
        match (&mut boot, config) {
            (Some(boot), config) => boot.config = config,
            (None, Some(config)) if values.own.contains_key("bootconf") => {
                self.findings.warning(&config.place, "\"bootconf\" has no effect without \"bootpgm\"");
            }
            (None, _) => {}
        }
        let local = self.boolean(&values, "local_exe").unwrap_or(false);
        let text = |key| values.pick(key).map(|value| value.map(Text::from));
        let groups = |groups: Located<String>| {
            groups.map(|groups| {
                groups.split(',').map(str::trim).filter(|group| !group.is_empty()).map(Text::from).collect()
            })
        };
        let (attributes, unset_attributes) = self.attributes(&view, directory);
        // In cloudinit.d, boot programs are run by `ssh -A`, and all others by a login shell.
        let over_ssh = boot.is_some() && !local;
        let mut fields = Fields {
            cloud: Some(self.cloud(&values, section, &view)),
            run_on: local.then(|| Located::new(RunOn::ThisHost, view.section.place.clone())),
            image: text("image").filter(|_| launches),
            instance_type: text("allocation").map(|text| text.map(|text| vec![text])),
            key_name: text("sshkeyname"),
            security_groups: values.pick_to_change("securitygroups").map(groups),
            ssh_user: values.pick("ssh_username"),
            ssh_key: values.pick("localsshkeypath"),
            forward_agent: over_ssh.then(|| Located::new(ForwardAgent::Boot, view.section.place.clone())),
            login_shell: over_ssh.then(|| Located::new(LoginShell::Checks, view.section.place.clone())),
            // Attempts to reach a machine are limited in any case.
            timeout: program_timeout.clone().filter(|timeout| timeout.value != duration::NO_LIMIT),
            ready: program("readypgm", "readypgm_args"),
            terminate: program("terminatepgm", "terminatepgm_args"),
            address: hostname.map(|hostname| hostname.map(Text::from)),
            boot,
            attributes,
            unset_attributes,
            ..Fields::default()
        };
        let settings = self.settings(&values, launches, local, directory);
        let replicas = self.replicas(&values);
        self_reference::settle(&mut fields.attributes, Some(name).filter(|_| replicas == 1), &settings);
        ServiceDraft {
            name: Located::new(name.to_owned(), view.section.place.clone()),
            replicas,
            directory: directory.clone(),
            launches,
            fields,
            settings,
            unset: values.unset.into_inner(),
            frozen: values.frozen.into_inner(),
        }
    }

    /// Returns the cloud section that the service refers to, if it exists.
    fn cloud_section(&self, own: &Values) -> Option<&'a str> {
        let Some(OptionValue::Given(picked)) = own.get("cloud") else { return None };
        if let Some((section, _)) = self.cloud_sections.get_key_value(picked.value.as_str()) {
            return Some(section);
        }
        let whole = format!("cloud-{}", picked.value);
        let hint = if self.cloud_sections.contains_key(whole.as_str()) {
            Some(format!("did you mean \"{}\"? A cloud is named by its whole section", shown(&whole)))
        } else {
            did_you_mean(&picked.value, self.cloud_sections.keys().copied())
        };
        self.findings.error_with(&picked.place, format!("unknown cloud \"{}\"", shown(&picked.value)), hint);
        None
    }

    /// Returns the cloud's name: the section's, unless the service itself overrides it.
    fn cloud(&self, values: &LayeredOptions<'_>, section: Option<&str>, view: &SectionValues<'_>) -> Located<String> {
        let own = |key| matches!(values.own.get(key), Some(OptionValue::Given(_)));
        if let Some(section) = section.filter(|_| !own("iaas") && !own("iaas_url")) {
            return Located::new(section.to_owned(), view.section.place.clone());
        }
        let (iaas, url) = (values.picked("iaas"), values.picked("iaas_url"));
        let cloud = clouds::draft(&iaas, &url, self.providers);
        if let (Some(iaas), Some(region), None) = (&iaas.value, &cloud.config.region, &url.value)
            && !clouds::is_region(&region.to_lowercase())
        {
            let message = format!("\"{}\" does not look like a region of EC2, and there is no iaas_url", shown(region));
            self.findings.warning(&iaas.place, message);
        }
        let place = iaas.value.or(url.value).map_or_else(|| view.section.place.clone(), |value| value.place);
        Located::new(self.clouds.borrow_mut().name_of(cloud), place)
    }

    /// Returns whether an instance is launched. As in cloudinit.d, `iaas_launch` decides, then the absence of a
    /// hostname; a service with a hostname but no image is never launched.
    fn launches(&self, values: &LayeredOptions<'_>, view: &SectionValues<'_>, image: bool, hostname: bool) -> bool {
        match self.boolean(values, "iaas_launch") {
            None => !hostname,
            Some(true) => {
                let launches = image || !hostname;
                if launches && let Some(OptionValue::Given(hostname)) = values.own.get("hostname") {
                    let message =
                        "\"hostname\" has no effect with iaas_launch: the launched machine's address takes its place";
                    self.findings.warning(&hostname.place, message);
                }
                launches
            }
            Some(false) => {
                if !hostname {
                    let message = format!(
                        "service \"{}\" is not launched and has no hostname",
                        shown(view.section.name.trim_start_matches("svc-"))
                    );
                    let hint = "give it `hostname:` of a host that exists, or take out `iaas_launch: false`";
                    self.findings.error_with(&view.section.place, message, Some(hint.to_owned()));
                }
                false
            }
        }
    }

    /// Only `true`, in any case, is true, as in cloudinit.d; other words deserve a warning.
    fn boolean(&self, values: &LayeredOptions<'_>, key: &'static str) -> Option<bool> {
        let value = values.pick_to_change(key)?;
        let word = value.value.to_lowercase();
        if !matches!(word.as_str(), "true" | "false") {
            let message = format!("\"{key}\" is true or false; \"{}\" is read as false", shown(&value.value));
            self.findings.warning(&value.place, message);
        }
        Some(word == "true")
    }

    fn replicas(&self, values: &LayeredOptions<'_>) -> usize {
        let Some(count) = values.pick_to_change("replica_count") else { return 1 };
        match count.value.parse::<usize>() {
            Ok(number) if number <= MAX_SERVICES => number.max(1),
            _ => {
                let message = format!(
                    "\"replica_count\" must be an integer from 0 to {MAX_SERVICES}, not \"{}\"",
                    shown(&count.value)
                );
                self.findings.error(&count.place, message);
                1
            }
        }
    }

    fn timeout(&self, values: &LayeredOptions<'_>) -> Option<Located<std::time::Duration>> {
        let written = values.pick("pgm_timeout")?;
        let is_zero = !written.value.is_empty() && written.value.bytes().all(|digit| digit == b'0');
        match if is_zero { Ok(duration::NO_LIMIT) } else { duration::parse(&written.value) } {
            Ok(timeout) => Some(written.map(|_| timeout)),
            Err(problem) => {
                self.findings.error(&written.place, format!("\"pgm_timeout\": {problem}"));
                None
            }
        }
    }

    /// Returns the value. Warns of an unset variable that should provide it, with the consequence `so`.
    fn pick_loud(&self, values: &LayeredOptions<'_>, key: &'static str, so: &str) -> Option<Located<String>> {
        let picked = values.picked(key);
        if let Some(Located { value: name, place, .. }) = &picked.unset {
            let message = format!("\"{key}\" is env.{name}, which is not set; {so}");
            let file = if key.ends_with("_args") {
                String::new()
            } else {
                format!(", or write ./env.{name} where a file is meant")
            };
            self.findings.warning_with(place, message, Some(format!("set {name}{file}")));
        }
        picked.value
    }

    fn program(
        &self,
        values: &LayeredOptions<'_>,
        program: &'static str,
        args: &'static str,
        timeout: Option<Located<std::time::Duration>>,
    ) -> Option<ProgramDraft> {
        let program = self.pick_loud(values, program, "no such program runs")?;
        self.pick_loud(values, args, "the program gets no arguments");
        let words = values.pick_to_change(args).map_or_else(Vec::new, |line| match split_args::split(&line.value) {
            Ok(words) => words.into_iter().map(|word| Located::new(Text::from(word), line.place.clone())).collect(),
            Err(problem) => {
                self.findings.error(&line.place, format!("\"{args}\": {problem}"));
                Vec::new()
            }
        });
        Some(ProgramDraft {
            program,
            args: words,
            config: None,
            timeout,
            retries: None,
            optional: false,
            on_failure: OnFailure::Keep,
        })
    }

    /// Returns the attributes, and those whose only value is an unset variable. Later files take precedence, in the
    /// order of the options' names.
    fn attributes(
        &self,
        view: &SectionValues<'_>,
        directory: &Path,
    ) -> (BTreeMap<String, Located<Text>>, BTreeMap<String, Located<String>>) {
        let mut attributes = BTreeMap::new();
        let mut unset = BTreeMap::new();
        for option in view.names().into_iter().filter(|name| name.starts_with("deps")) {
            let Some(OptionValue::Given(path)) = view.get(option) else { continue };
            if path.value.is_empty() {
                continue;
            }
            for (name, value) in self.deps.read(&path, directory, &view.ini.file).iter() {
                match value {
                    Ok(text) => drop(attributes.insert(name.clone(), text.clone())),
                    Err(variable) => drop(unset.insert(name.clone(), variable.clone())),
                }
            }
        }
        unset.retain(|name, _| !attributes.contains_key(name));
        (attributes, unset)
    }

    /// Returns the settings that attributes can reference, by cloudinit.d's names.
    fn settings(
        &self,
        values: &LayeredOptions<'_>,
        launches: bool,
        local: bool,
        directory: &Path,
    ) -> BTreeMap<String, String> {
        const PLAIN: [(&str, &str); 12] = [
            ("iaas", "iaas"),
            ("iaas_url", "iaas_url"),
            ("allocation", "allocation"),
            ("sshkeyname", "keyname"),
            ("ssh_username", "username"),
            ("scp_username", "scp_username"),
            ("securitygroups", "securitygroups"),
            ("bootpgm_args", "bootpgm_args"),
            ("readypgm_args", "readypgm_args"),
            ("terminatepgm_args", "terminatepgm_args"),
            ("pgm_timeout", "pgm_timeout"),
            ("image", "image"),
        ];
        const PATHS: [(&str, &str); 5] = [
            ("bootpgm", "bootpgm"),
            ("readypgm", "readypgm"),
            ("terminatepgm", "terminatepgm"),
            ("bootconf", "bootconf"),
            ("localsshkeypath", "localkey"),
        ];
        let mut settings = BTreeMap::new();
        for (key, name) in PLAIN.into_iter().filter(|(key, _)| launches || *key != "image") {
            settings.extend(values.pick(key).map(|value| (name.to_owned(), value.value)));
        }
        for (key, name) in PATHS {
            let absolute = |path: Located<String>| source::resolve(directory, &path.value, self.environment.home());
            settings
                .extend(values.pick(key).map(|path| (name.to_owned(), absolute(path).to_string_lossy().into_owned())));
        }
        let python = |value: bool| if value { "True" } else { "False" }.to_owned();
        settings.insert("iaas_launch".to_owned(), python(launches));
        if local {
            settings.insert("local_exe".to_owned(), python(true));
        }
        settings
    }
}
