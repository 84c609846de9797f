//! Options for joining the instances of an annex to a pool.

use std::path::PathBuf;

use super::central_manager::parse_manager;
use super::files;
use super::option_reader::OptionReader;
use super::options::SoftwareArg;
use crate::annex::{HTCondorJoin, PoolSoftware};
use crate::diagnostics::{Cause, Diagnostic};
use crate::state::Owner;
use crate::wizard::read_os;

impl OptionReader<'_> {
    /// Returns the batch system software for the instances.
    pub(super) fn software(&mut self) -> PoolSoftware {
        self.refuse_pilot_options();
        match self.options.pool_software {
            SoftwareArg::None => {
                self.refuse_what_joins_nothing("none");
                if self.options.user_data.is_none() {
                    self.warnings.push("without --user-data, instances of --pool-software none do nothing".to_owned());
                }
                return PoolSoftware::None;
            }
            SoftwareArg::Pilot => {
                self.refuse_what_joins_nothing("pilot");
                return PoolSoftware::Pilot(self.pilot());
            }
            SoftwareArg::Htcondor => {}
        }
        let read = match &self.options.central_manager {
            Some(text) => parse_manager(text).map(|manager| (text.clone(), manager)),
            None => {
                let diagnostic = Diagnostic::usage("--central-manager is missing: which pool do the instances join?");
                Err(diagnostic.hint("--pool-software none makes instances that join none"))
            }
        };
        let mut central_manager = String::new();
        match read {
            Ok((text, manager)) => (central_manager, self.manager) = (text, Some(manager)),
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
        let host = self.manager.as_ref().map(|manager| manager.host.clone()).unwrap_or_default();
        let given = self.named("--pool-name", self.options.pool_name.as_ref());
        let pool_name = self.word("--pool-name", given.unwrap_or(host));
        self.token_source = self.token();
        PoolSoftware::HTCondor(HTCondorJoin {
            central_manager,
            password_file: self.password(),
            with_nul: false,
            token_file: None,
            identity: self.identity(),
            owner_key: None,
            ccb: self.options.ccb,
            config_files: self.config(),
            owners: self.owners(),
            pool_name,
            os: self.os(),
            slots: self.options.slots,
            public_address: self.options.public_address,
            docker: self.options.docker,
            apptainer: self.options.apptainer,
        })
    }

    fn refuse_what_joins_nothing(&mut self, software: &str) {
        let options = self.options;
        let given = [
            ("--central-manager", options.central_manager.is_some()),
            ("--token-file", options.token_file.is_some()),
            ("--identity", options.identity.is_some()),
            ("--password-file", options.password_file.is_some()),
            ("--ccb", options.ccb),
            ("--config-file", !options.config_file.is_empty()),
            ("--config-dir", options.config_dir.is_some()),
            ("--owner", !options.owner.is_empty()),
            ("--pool-name", options.pool_name.is_some()),
            ("--slots", options.slots.is_some()),
            ("--docker", options.docker),
            ("--apptainer", options.apptainer),
        ];
        let idle: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect();
        if !idle.is_empty() {
            let message = format!("{} would do nothing with --pool-software {software}", idle.join(", "));
            self.diagnostics.push(Diagnostic::usage(message));
        }
    }

    fn password(&mut self) -> Option<PathBuf> {
        let read = files::password(self.options.password_file.as_ref()?);
        self.secret(read)
    }

    fn token(&mut self) -> Option<PathBuf> {
        let read = files::token(self.options.token_file.as_ref()?);
        self.secret(read)
    }

    fn secret(&mut self, read: Result<(PathBuf, Option<String>), Diagnostic>) -> Option<PathBuf> {
        let (file, warning) = self.keep(read)?;
        self.warnings.extend(warning);
        Some(file)
    }

    fn identity(&mut self) -> Option<String> {
        let identity = self.options.identity.clone()?;
        let is_whole = identity.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
        if !is_whole {
            let message = format!("--identity: \"{}\" is no NAME@DOMAIN", identity.escape_debug());
            self.diagnostics
                .push(Diagnostic::usage(message).hint("condor@DOMAIN, where DOMAIN is the pool's TRUST_DOMAIN"));
            return None;
        }
        Some(self.word("--identity", identity))
    }

    fn config(&mut self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        match self.options.config_dir.as_deref().map(files::config_dir) {
            Some(Ok(files)) => all.extend(files),
            Some(Err(diagnostics)) => self.diagnostics.extend(diagnostics),
            None => {}
        }
        for path in &self.options.config_file {
            match files::config(path) {
                Ok(file) => all.push(file),
                Err(diagnostic) => self.diagnostics.push(diagnostic),
            }
        }
        all
    }

    fn owners(&mut self) -> Vec<String> {
        if self.options.no_owner {
            return Vec::new();
        }
        let mut owners: Vec<String> = Vec::new();
        for owner in self.list("--owner", &self.options.owner) {
            let owner = self.word("--owner", owner);
            if !owners.contains(&owner) {
                owners.push(owner);
            }
        }
        if owners.is_empty() { vec![self.word("--owner", Owner::current().user().to_owned())] } else { owners }
    }

    fn os(&mut self) -> Option<String> {
        match read_os(self.options.os.as_ref()?) {
            Ok(os) => Some(os.word.to_owned()),
            Err(wrong) => {
                self.diagnostics.push(Diagnostic { cause: Cause::Usage, ..wrong.of("--os") });
                None
            }
        }
    }
}
