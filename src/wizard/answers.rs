//! What a cluster is to be: every question of the wizard, answered.

use std::path::PathBuf;

use super::os::Os;

/// The whole of the answers, each one valid and all of them together consistent. Whichever way they came (typed, by
/// options, by a file), equal answers make equal clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The kind of cloud that the cluster runs on.
    pub cloud: CloudKind,
    /// The region; on EC2 always, elsewhere where the user gave one.
    pub region: Option<String>,
    /// The API's address, of a compatible cloud or another endpoint of EC2.
    pub endpoint: Option<String>,
    /// The operating system of master and workers.
    pub os: Os,
    /// The image of master and workers: an id, or `resolve:ssm:…`. None on the local cloud.
    pub image: Option<String>,
    /// The workers' size. None on the local cloud.
    pub worker_type: Option<String>,
    /// The master's size. None on the local cloud.
    pub master_type: Option<String>,
    /// Workers that are always there.
    pub min_workers: u32,
    /// The most workers; at least one, and at least `min_workers`.
    pub max_workers: u32,
    /// Jobs that one worker runs at once; at least one.
    pub jobs_per_worker: u32,
    /// Seconds after which an idle worker ends.
    pub idle_seconds: u32,
    /// The key pair's name, without `.pem`.
    pub key_name: Option<String>,
    /// The private key here, for hoist's own SSH to the master.
    pub key_file: Option<PathBuf>,
    /// The subnet of master and workers.
    pub subnet: Option<String>,
    /// The master's security group, by id or name.
    pub master_group: Option<String>,
    /// The workers' security group, by id or name.
    pub worker_group: Option<String>,
    /// The pool's name, such as a domain name.
    pub pool: String,
    /// Where the pool's password is kept.
    pub password: PasswordSource,
    /// The master's instance profile: whoever has it may launch and end workers.
    pub master_profile: Option<String>,
    /// The workers' instance profile.
    pub worker_profile: Option<String>,
    /// Whether jobs of the Docker universe run.
    pub docker: bool,
    /// What starts and ends workers.
    pub scaler: Scaler,
    /// How long the master is kept when hoist launches it: `12h`, or a time.
    pub lease: Option<String>,
}

/// A kind of cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudKind {
    /// Amazon EC2.
    Ec2,
    /// A cloud with EC2's interface, as `ec2rc.sh` describes it (`EC2_URL`, `EC2_ACCESS_KEY`, `EC2_SECRET_KEY`).
    Compatible,
    /// This machine.
    Local,
}

/// Where a pool's password is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// In a bucket (`s3://BUCKET/KEY`) or parameter (`ssm:NAME`), which the machines' role can read; the master makes
    /// it.
    Kept(String),
    /// In this file here, readable by its owner only, made with a random password where there is none; and in the user
    /// data.
    File(PathBuf),
}

/// What starts and ends workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scaler {
    /// `hoist elastic run`, from this place.
    Hoist(Binary),
    /// elastiq, which the image or the user brings.
    Elastiq,
}

/// Hoist's program, for the master. The local cloud uses the one that is running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// `https://…`, or `s3://BUCKET/KEY` which the master's role can read. None on the local cloud.
    pub source: Option<String>,
    /// Its SHA-256: 64 hexadecimal digits. None on the local cloud.
    pub sha256: Option<String>,
}
