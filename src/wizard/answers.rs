//! The answers to all of the wizard's questions: the description of a cluster.

use std::path::PathBuf;

use super::os::Os;

/// All answers, each valid and all of them consistent. Equal answers make equal clusters, whether they were typed or
/// come from options or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The kind of cloud.
    pub cloud: CloudKind,
    /// The region; always set on EC2, elsewhere only if the user gave one.
    pub region: Option<String>,
    /// The address of the API, of a compatible cloud or another endpoint of EC2.
    pub endpoint: Option<String>,
    /// The operating system of master and workers.
    pub os: Os,
    /// The image of master and workers: an id, or `resolve:ssm:…`. `None` on the local cloud.
    pub image: Option<String>,
    /// The workers' instance type. `None` on the local cloud.
    pub worker_type: Option<String>,
    /// The master's instance type. `None` on the local cloud.
    pub master_type: Option<String>,
    /// The number of permanent workers.
    pub min_workers: u32,
    /// The maximum number of workers; at least one, and at least `min_workers`.
    pub max_workers: u32,
    /// The number of concurrent jobs of a worker; at least one.
    pub jobs_per_worker: u32,
    /// Seconds after which an idle worker is terminated.
    pub idle_seconds: u32,
    /// The key pair's name, without `.pem`.
    pub key_name: Option<String>,
    /// The local private key, for hoist's own SSH to the master.
    pub key_file: Option<PathBuf>,
    /// The subnet of master and workers.
    pub subnet: Option<String>,
    /// The master's security group, by id or name.
    pub master_group: Option<String>,
    /// The workers' security group, by id or name.
    pub worker_group: Option<String>,
    /// The pool's name, such as a domain name.
    pub pool: String,
    /// The place of the pool's password.
    pub password: PasswordSource,
    /// The master's instance profile, which may launch and terminate workers.
    pub master_profile: Option<String>,
    /// The workers' instance profile.
    pub worker_profile: Option<String>,
    /// Whether jobs of the Docker universe are supported.
    pub docker: bool,
    /// The program that starts and ends workers.
    pub scaler: Scaler,
    /// The master's lease when hoist launches it: `12h`, or a time.
    pub lease: Option<String>,
}

/// A kind of cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudKind {
    /// Amazon EC2.
    Ec2,
    /// A cloud with EC2's interface, configured as by `ec2rc.sh` (`EC2_URL`, `EC2_ACCESS_KEY`, `EC2_SECRET_KEY`).
    Compatible,
    /// This machine.
    Local,
}

/// The place of a pool's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// In a bucket (`s3://BUCKET/KEY`) or parameter (`ssm:NAME`), which the role of master and workers can read; the
    /// master creates it.
    Kept(String),
    /// In this local file, readable by its owner only and created with a random password if missing, and in the user
    /// data.
    File(PathBuf),
}

/// The program that starts and ends workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scaler {
    /// `hoist elastic run`, with this binary.
    Hoist(Binary),
    /// elastiq, provided by the image or the user.
    Elastiq,
}

/// Hoist's program for the master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The program that runs here. The local cloud's master runs by it anyway.
    Own {
        /// The bucket that it is put into, `s3://BUCKET/PREFIX`; without one it is copied to the master by SSH.
        bucket: Option<String>,
    },
    /// A program at an address.
    At {
        /// `https://…`, or `s3://BUCKET/KEY` which the master's role can read.
        source: String,
        /// Its SHA-256: 64 hexadecimal digits.
        sha256: String,
    },
}
