//! Conversion of options to an annex draft, with all errors at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::files;
use super::option_reader::{OptionReader, budget};
use super::options::{CloudArg, SpecOptions};
use super::tags::read_tags;
use crate::annex::{AnnexName, AnnexSpec, Dollars, FileDigests, InstanceGroup, Market};
use crate::app::annex::{
    AddressChoice, AnnexDraft, idle_here, longest_lease, own_drivers, unbounded, without_gpu_images,
};
use crate::cli::context::Context;
use crate::diagnostics::Diagnostic;
use crate::plan::{CloudConfig, Lease};
use crate::state::Owner;
use crate::wizard::read_os;

/// Creates the draft of the annex given by these options, beginning at `now`, with all errors in them.
pub(super) fn draft(context: &Context, name: &AnnexName, options: &SpecOptions, now: Timestamp) -> AnnexDraft {
    let mut reader = OptionReader::new(options);
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
        security_groups: reader.security_groups(),
        key_name: reader.named("--keypair", options.keypair.as_ref()),
        metadata_hops: options.metadata_hop_limit,
        expires_at,
        runs_out: options.let_run_out,
        idle_seconds: reader.idle(),
        software: reader.software(),
        owner: Owner::current().to_string(),
        state: None,
        tags: reader.tags(),
        user_data: reader.user_data(),
        contents: FileDigests::default(),
    };
    if options.cloud == CloudArg::Local {
        // Their names have been told to mean nothing there.
        (spec.vpc, spec.key_name, spec.metadata_hops) = (None, None, None);
        (spec.subnets, spec.security_groups) = (Vec::new(), Vec::new());
    }
    // Unreadable files have been reported.
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
    let ccb = if options.ccb || options.no_ccb { Some(options.ccb) } else { None };
    let OptionReader { diagnostics, warnings, manager, token_source, .. } = reader;
    AnnexDraft {
        spec,
        cloud,
        lease: lease.unwrap_or_default(),
        budget,
        central_manager: manager,
        addresses,
        ccb,
        token_source,
        is_pool_named: options.pool_name.is_some(),
        diagnostics,
        warnings,
        now,
    }
}

impl OptionReader<'_> {
    fn pools(&mut self) -> Vec<InstanceGroup> {
        let mut pools = self.options.pools.pools(&mut self.diagnostics);
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
        // A system that is none is told with the options of the software.
        let os = self.options.os.as_ref().and_then(|os| read_os(os).ok());
        self.diagnostics.extend(without_gpu_images(&mut pools, os.map(|os| os.word)));
        self.warnings.extend(own_drivers(&pools));
        pools
    }

    fn security_groups(&mut self) -> Vec<String> {
        let groups = self.list("--security-group", &self.options.security_group);
        for (place, group) in groups.iter().enumerate() {
            if groups[..place].contains(group) {
                self.diagnostics.push(Diagnostic::usage(format!("--security-group: {group} stands there twice")));
            }
            let digits = group.strip_prefix("sg-").unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let message = format!("--security-group: \"{}\" is no id of a group", group.escape_debug());
                let diagnostic = Diagnostic::usage(message);
                self.diagnostics.push(diagnostic.hint("sg-…, as `aws ec2 describe-security-groups` lists them"));
            }
        }
        groups
    }

    fn warn_of_what_is_not_local(&mut self) {
        let options = self.options;
        let given = [
            ("--vpc", options.vpc.is_some()),
            ("--subnet", !options.subnet.is_empty()),
            ("--security-group", !options.security_group.is_empty()),
            ("--keypair", options.keypair.is_some()),
            ("--market", options.market.is_some()),
            ("--os", options.os.is_some()),
            ("--metadata-hop-limit", options.metadata_hop_limit.is_some()),
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
            Some(market) if self.options.cloud == CloudArg::Ec2 => market,
            None if is_priced => Market::Spot,
            _ => Market::OnDemand,
        };
        let markets = pools.iter().map(|pool| (pool.market.unwrap_or(market), pool.has_only_max_price()));
        self.warnings.extend(unbounded(markets).map(str::to_owned));
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

    fn tags(&mut self) -> BTreeMap<String, String> {
        let (tags, wrong) = read_tags(&self.options.tags);
        self.diagnostics.extend(wrong.into_iter().map(|message| Diagnostic::usage(format!("--tag: {message}"))));
        tags
    }

    fn user_data(&mut self) -> Option<PathBuf> {
        match files::user_data(self.options.user_data.as_ref()?) {
            Ok(file) => Some(file),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn budget(&mut self) -> Option<Dollars> {
        let read = budget(self.options.budget.as_deref());
        self.keep(read).flatten()
    }
}
