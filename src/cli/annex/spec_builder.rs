//! From what was typed to what an annex is to be, with everything that is wrong at once.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::central_manager::parse_manager;
use super::files;
use super::options::{CloudArg, SoftwareArg, SpecOptions};
use super::tags::read_tags;
use crate::annex::{AnnexName, AnnexSpec, Dollars, FileDigests, HTCondorJoin, InstanceGroup, Market, PoolSoftware};
use crate::app::annex::{AddressChoice, AnnexDraft, CentralManager, idle_here, longest_lease, unbounded};
use crate::cli::context::Context;
use crate::diagnostics::Diagnostic;
use crate::plan::{CloudConfig, Lease};
use crate::state::Owner;
use crate::wizard::read_os;

/// The annex that these options mean, which begins at `now`, with everything that is wrong.
pub(super) fn draft(context: &Context, name: &AnnexName, options: &SpecOptions, now: Timestamp) -> AnnexDraft {
    let mut reader = OptionReader { options, diagnostics: Vec::new(), warnings: Vec::new(), manager: None };
    let pools = reader.pools();
    let lease = reader.keep(options.lease.meant());
    let expires_at = lease.and_then(|lease| reader.keep(lease.end(now, longest_lease()))).unwrap_or(now);
    let mut spec = AnnexSpec {
        name: name.clone(),
        market: reader.market(&pools),
        pools,
        count: reader.count(),
        vpc: reader.named("--vpc", options.vpc.as_ref()),
        subnets: reader.list("--subnet", &options.subnet),
        key_name: reader.named("--keypair", options.keypair.as_ref()),
        expires_at,
        idle_seconds: reader.idle(),
        software: reader.software(),
        owner: Owner::current().to_string(),
        state: None,
        tags: reader.tags(),
        user_data: reader.user_data(),
        contents: FileDigests::default(),
    };
    // What cannot be read has been told.
    spec.contents = FileDigests::read(&spec).unwrap_or_default();
    let budget = reader.budget();
    let cloud = match options.cloud {
        CloudArg::Local => CloudConfig::local(),
        CloudArg::Ec2 => context.workspace.clouds.ec2_config(),
    };
    let addresses = match options.public_address {
        _ if options.cloud == CloudArg::Local || options.no_public_address => AddressChoice::Private,
        true => AddressChoice::Public,
        false => AddressChoice::LikeManager,
    };
    let OptionReader { diagnostics, warnings, manager, .. } = reader;
    AnnexDraft {
        spec,
        cloud,
        lease: lease.unwrap_or_default(),
        budget,
        central_manager: manager,
        addresses,
        diagnostics,
        warnings,
        now,
    }
}

/// A sum of dollars that an option names.
pub(super) fn dollars(option: &str, text: &str) -> Result<Dollars, Diagnostic> {
    text.parse().map_err(|message| Diagnostic::usage(format!("{option}: {message}")))
}

struct OptionReader<'a> {
    options: &'a SpecOptions,
    diagnostics: Vec<Diagnostic>,
    warnings: Vec<String>,
    manager: Option<CentralManager>,
}

impl OptionReader<'_> {
    fn keep<T>(&mut self, read: Result<T, Diagnostic>) -> Option<T> {
        read.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }

    fn pools(&mut self) -> Vec<InstanceGroup> {
        let pools = self.options.pools.pools(&mut self.diagnostics);
        if self.options.cloud == CloudArg::Local {
            self.warn_of_what_is_not_local();
            return vec![InstanceGroup::local()];
        }
        if !self.options.pools.are_given() {
            let diagnostic = Diagnostic::usage("no pool is named: what are the instances?");
            self.diagnostics.push(
                diagnostic
                    .hint("--pool image=ami-…,type=t3.small")
                    .hint("hoist image list shows images; --cloud local tries the annex on this machine"),
            );
        }
        pools
    }

    fn warn_of_what_is_not_local(&mut self) {
        let options = self.options;
        let given = [
            ("--vpc", options.vpc.is_some()),
            ("--subnet", !options.subnet.is_empty()),
            ("--keypair", options.keypair.is_some()),
            ("--market", options.market.is_some()),
            ("--os", options.os.is_some()),
            ("--public-address", options.public_address),
            ("--no-public-address", options.no_public_address),
        ];
        let mut idle = options.pools.used();
        idle.extend(given.into_iter().filter(|(_, given)| *given).map(|(option, _)| option));
        self.warnings.extend(idle_here(&idle));
    }

    fn market(&mut self, pools: &[InstanceGroup]) -> Market {
        let is_priced = pools.iter().any(|pool| pool.max_price.is_some());
        let market = match self.options.market {
            Some(word) if self.options.cloud == CloudArg::Ec2 => word.into(),
            None if is_priced => Market::Spot,
            _ => Market::OnDemand,
        };
        self.warnings.extend(unbounded(market, is_priced).map(str::to_owned));
        market
    }

    fn count(&mut self) -> u32 {
        let count = self.options.count.unwrap_or(1);
        if count == 0 {
            let diagnostic = Diagnostic::usage("--count: an annex has at least one instance, not 0");
            self.diagnostics.push(diagnostic.hint("hoist annex delete NAME ends one"));
        }
        count
    }

    fn idle(&mut self) -> Option<u32> {
        let text = self.options.idle.trim();
        if matches!(text, "0" | "0s" | "0m" | "0h") {
            return None;
        }
        let wrong = || {
            let message =
                format!("--idle: \"{}\" is no length; write 15m, 900 or 1h, or 0 for never", text.escape_debug());
            Diagnostic::usage(message)
        };
        let read = match text.parse() {
            Ok(Lease::For(length)) => u32::try_from(length.as_secs()).map(Some).map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        self.keep(read).flatten()
    }

    fn software(&mut self) -> PoolSoftware {
        if self.options.pool_software == SoftwareArg::None {
            self.warn_of_what_joins_nothing();
            return PoolSoftware::None;
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
        let given = self.options.pool_name.clone();
        let pool_name = self.word("--pool-name", given.unwrap_or(host));
        PoolSoftware::HTCondor(HTCondorJoin {
            central_manager,
            password_file: self.password(),
            config_files: self.config(),
            owners: self.owners(),
            pool_name,
            os: self.os(),
            slots: self.options.slots,
            public_address: self.options.public_address,
        })
    }

    fn warn_of_what_joins_nothing(&mut self) {
        let options = self.options;
        let given = [
            ("--central-manager", options.central_manager.is_some()),
            ("--password-file", options.password_file.is_some()),
            ("--config-file", !options.config_file.is_empty()),
            ("--config-dir", options.config_dir.is_some()),
            ("--owner", !options.owner.is_empty()),
            ("--pool-name", options.pool_name.is_some()),
            ("--slots", options.slots.is_some()),
        ];
        let idle: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect();
        if !idle.is_empty() {
            let message = format!("{} would do nothing with --pool-software none", idle.join(", "));
            self.diagnostics.push(Diagnostic::usage(message));
        }
        if options.user_data.is_none() {
            self.warnings.push("without --user-data, instances of --pool-software none do nothing".to_owned());
        }
    }

    fn password(&mut self) -> Option<std::path::PathBuf> {
        let Some(path) = &self.options.password_file else {
            let diagnostic = Diagnostic::usage("--password-file is missing: with what do the instances join the pool?");
            self.diagnostics.push(diagnostic.hint("a file with the pool's password, which only you may read"));
            return None;
        };
        match files::password(path) {
            Ok((file, warning)) => {
                self.warnings.extend(warning);
                Some(file)
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn config(&mut self) -> Vec<std::path::PathBuf> {
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
                let diagnostic = Diagnostic::usage(format!("--os: {}", wrong.message));
                self.diagnostics.push(wrong.hint.into_iter().fold(diagnostic, Diagnostic::hint));
                None
            }
        }
    }

    fn tags(&mut self) -> BTreeMap<String, String> {
        let (tags, wrong) = read_tags(&self.options.tags);
        self.diagnostics.extend(wrong.into_iter().map(|message| Diagnostic::usage(format!("--tag: {message}"))));
        tags
    }

    fn user_data(&mut self) -> Option<std::path::PathBuf> {
        match files::user_data(self.options.user_data.as_ref()?) {
            Ok(file) => Some(file),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn budget(&mut self) -> Option<Dollars> {
        let read = self.options.budget.as_deref().map(|text| dollars("--budget", text)).transpose();
        self.keep(read).flatten()
    }

    fn named(&mut self, option: &str, text: Option<&String>) -> Option<String> {
        let text = text?.trim();
        if text.is_empty() {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: nothing is named")));
            return None;
        }
        Some(text.to_owned())
    }

    fn list(&mut self, option: &str, items: &[String]) -> Vec<String> {
        if items.iter().any(|item| item.trim().is_empty()) {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: an entry of the list is empty")));
        }
        items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    /// A text that means nothing but itself in HTCondor's configuration.
    fn word(&mut self, option: &str, text: String) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/@%+".contains(&byte);
        if !text.bytes().all(is_plain) {
            let message =
                format!("{option}: \"{}\" must be of letters, digits and . _ - : / @ % +", text.escape_debug());
            self.diagnostics.push(Diagnostic::usage(message));
        }
        text
    }
}
