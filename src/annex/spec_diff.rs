//! Differences between the recorded and the requested specification of an annex.

use std::fmt;
use std::path::Path;

use super::money::Dollars;
use super::pilot::Pilot;
use super::spec::{AnnexSpec, HTCondorJoin, InstanceGroup, PoolSoftware};

/// A property that differs between two annexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecDiff {
    /// Its name.
    pub what: &'static str,
    /// Its current value.
    pub is: String,
    /// The requested value.
    pub asked: String,
    /// How it can be changed.
    pub way: ChangeKind,
}

/// How a property of an annex can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// By `hoist annex update`.
    Update,
    /// By `hoist annex update --files`.
    Files,
    /// By `hoist annex extend`.
    Extend,
    /// By recreating the annex.
    Replace,
}

impl AnnexSpec {
    /// Returns the properties in which `asked` differs from this, except for the end of the lease.
    pub fn differences(&self, asked: &Self) -> Vec<SpecDiff> {
        let mut found = FoundDifferences::default();
        found.compare("--count", ChangeKind::Update, self.count, asked.count);
        let pools = |spec: &Self| spec.pools.iter().map(words).collect::<Vec<_>>().join(" ");
        found.compare("--pool", ChangeKind::Update, pools(self), pools(asked));
        found.compare("--market", ChangeKind::Replace, self.market, asked.market);
        found.compare("--vpc", ChangeKind::Replace, text(&self.vpc), text(&asked.vpc));
        found.compare("--subnet", ChangeKind::Replace, list(&self.subnets), list(&asked.subnets));
        let groups = |spec: &Self| list(&spec.security_groups);
        found.compare("--security-group", ChangeKind::Replace, groups(self), groups(asked));
        let hops = |spec: &Self| spec.metadata_hops.unwrap_or(1);
        found.compare("--metadata-hop-limit", ChangeKind::Replace, hops(self), hops(asked));
        found.compare("--let-run-out", ChangeKind::Replace, self.runs_out, asked.runs_out);
        found.compare("--keypair", ChangeKind::Replace, text(&self.key_name), text(&asked.key_name));
        found.compare("--idle", ChangeKind::Replace, seconds(self.idle_seconds), seconds(asked.idle_seconds));
        let tags = |spec: &Self| {
            let pairs: Vec<String> = spec.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            list(&pairs)
        };
        found.compare("--tag", ChangeKind::Replace, tags(self), tags(asked));
        let path = |spec: &Self| text(&spec.user_data.as_ref().map(|path| path.display().to_string()));
        found.compare(FILES[1], ChangeKind::Replace, path(self), path(asked));
        match (&self.software, &asked.software) {
            (PoolSoftware::HTCondor(one), PoolSoftware::HTCondor(other)) => found.joining(one, other),
            (PoolSoftware::Pilot(one), PoolSoftware::Pilot(other)) => found.pilot(one, other),
            (one, other) => found.compare("--pool-software", ChangeKind::Replace, software(one), software(other)),
        }
        if found.0.iter().all(|difference| !FILES.contains(&difference.what)) {
            self.other_contents(asked, &mut found);
        }
        found.0
    }

    /// Adds the files whose content has changed under the same path; files of passwords are not compared.
    fn other_contents(&self, asked: &Self, found: &mut FoundDifferences) {
        if !self.contents.is_of(self) || !asked.contents.is_of(asked) {
            return;
        }
        let configs = self.joining().into_iter().flat_map(|joining| &joining.config_files);
        let digests = self.contents.config_files.iter().zip(&asked.contents.config_files);
        for (path, (is, now)) in configs.zip(digests) {
            found.compare(FILES[0], ChangeKind::Files, held(path, is), held(path, now));
        }
        let own = [&self.contents.user_data, &asked.contents.user_data];
        if let (Some(path), [Some(is), Some(now)]) = (&self.user_data, own) {
            found.compare(FILES[1], ChangeKind::Files, held(path, is), held(path, now));
        }
    }
}

/// The options that name files whose contents are compared.
const FILES: [&str; 2] = ["--config-file", "--user-data"];

#[derive(Default)]
struct FoundDifferences(Vec<SpecDiff>);

impl FoundDifferences {
    fn compare<T: PartialEq + fmt::Display>(&mut self, what: &'static str, way: ChangeKind, is: T, asked: T) {
        if is != asked {
            self.0.push(SpecDiff { what, is: is.to_string(), asked: asked.to_string(), way });
        }
    }

    fn pilot(&mut self, is: &Pilot, asked: &Pilot) {
        let way = ChangeKind::Replace;
        let command = |pilot: &Pilot| text(&Some(pilot.drain_command.join(" ")).filter(|words| !words.is_empty()));
        self.compare("--drain-command", way, command(is), command(asked));
        self.compare("--drain-limit", way, seconds(Some(is.drain_seconds)), seconds(Some(asked.drain_seconds)));
        self.compare("--pilot-log", way, list(&is.logs), list(&asked.logs));
    }

    fn joining(&mut self, is: &HTCondorJoin, asked: &HTCondorJoin) {
        let way = ChangeKind::Replace;
        self.compare("--central-manager", way, &is.central_manager, &asked.central_manager);
        let file =
            |joining: &HTCondorJoin| text(&joining.password_file.as_ref().map(|path| path.display().to_string()));
        self.compare("--password-file", way, file(is), file(asked));
        self.compare("--identity", way, text(&is.identity), text(&asked.identity));
        self.compare("--ccb", way, is.ccb, asked.ccb);
        let files = |joining: &HTCondorJoin| {
            list(&joining.config_files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>())
        };
        self.compare(FILES[0], way, files(is), files(asked));
        self.compare("--owner", way, list(&is.owners), list(&asked.owners));
        self.compare("--pool-name", way, &is.pool_name, &asked.pool_name);
        self.compare("--os", way, text(&is.os), text(&asked.os));
        let slots = |joining: &HTCondorJoin| text(&joining.slots.map(|slots| slots.to_string()));
        self.compare("--slots", way, slots(is), slots(asked));
        self.compare("--public-address", way, is.public_address, asked.public_address);
        self.compare("--docker", way, is.docker, asked.docker);
        self.compare("--apptainer", way, is.apptainer, asked.apptainer);
    }
}

/// Formats a pool as on the command line.
fn words(pool: &InstanceGroup) -> String {
    let price = pool.max_price.map(|price: Dollars| format!(",price={price}")).unwrap_or_default();
    let weight = if pool.weight == 1 { String::new() } else { format!(",weight={}", pool.weight) };
    let disk = pool.disk.map(|size| format!(",disk={size}G")).unwrap_or_default();
    let market = pool.market.map(|market| format!(",market={market}")).unwrap_or_default();
    let known = [("list-price", pool.list_price), ("disk-price", pool.disk_price)];
    let known = known.into_iter().filter_map(|(key, price)| Some(format!(",{key}={}", price?))).collect::<String>();
    format!("image={},type={}{price}{weight}{disk}{market}{known}", pool.image, pool.instance_types.join("+"))
}

/// Formats a file with the beginning of its SHA-256.
fn held(path: &Path, digest: &str) -> String {
    format!("{} (SHA-256 {}…)", path.display(), digest.get(..12).unwrap_or(digest))
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(",") }
}

fn seconds(seconds: Option<u32>) -> String {
    seconds.map_or_else(|| "0".to_owned(), |seconds| format!("{seconds}s"))
}

fn software(software: &PoolSoftware) -> &'static str {
    match software {
        PoolSoftware::None => "none",
        PoolSoftware::HTCondor(_) => "htcondor",
        PoolSoftware::Pilot(_) => "pilot",
    }
}
