//! The texts of the questions.

use super::Question;

/// The texts of a question.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Its key in the answers file.
    pub key: &'static str,
    /// The prompt, in a few words.
    pub prompt: &'static str,
    /// A description, in a line without a full stop.
    pub about: &'static str,
    /// Further help.
    pub help: &'static str,
    /// The placeholder of the value in its option's help.
    pub value_name: &'static str,
}

impl Question {
    /// Returns the texts of this question.
    pub fn words(self) -> Words {
        let (key, value_name, prompt, about, help) = match self {
            Self::Cloud => (
                "cloud",
                "CLOUD",
                "Cloud",
                "Where the cluster runs: ec2, compatible or local",
                "ec2 is Amazon's. compatible is a cloud with EC2's interface, as its ec2rc.sh describes it (EC2_URL, \
             EC2_ACCESS_KEY, EC2_SECRET_KEY). local is this machine, which costs nothing.",
            ),
            Self::Region => (
                "region",
                "REGION",
                "Region",
                "The cloud's region",
                "Such as us-east-1 or eu-central-1. What an EC2-like cloud calls its regions is its own affair; most need none.",
            ),
            Self::Endpoint => (
                "endpoint",
                "URL",
                "Address of the cloud's API",
                "The address of the cloud's API, where it is not Amazon's own",
                "EC2_URL of your ec2rc.sh: https://cloud.example.org:8788/services/Cloud",
            ),
            Self::Os => (
                "os",
                "OS",
                "Operating system of master and workers",
                "The operating system of master and workers",
                "The image that you choose must be of this system: hoist installs HTCondor in its way. Other names of it do as well \
             (rhel9, \"ubuntu 26.04\", al2023, trixie).",
            ),
            Self::Image => (
                "image",
                "IMAGE",
                "Image of master and workers",
                "The image of master and workers: an id, or resolve:ssm:NAME",
                "Type a part of its name to find it. Any other image of the same system will do, by its id (ami-…), or by the \
             name of a public parameter that holds the newest id (resolve:ssm:/aws/service/…). `hoist image list` shows more.",
            ),
            Self::WorkerType => (
                "worker_type",
                "TYPE",
                "Instance type (flavor) of the workers",
                "The instance type (flavor) of the workers",
                "Large types mean fewer machines and perhaps idle processors; HTCondor makes a slot of each processor.",
            ),
            Self::MasterType => (
                "master_type",
                "TYPE",
                "Instance type (flavor) of the master",
                "The instance type (flavor) of the master [default: as the workers']",
                "The master takes jobs and starts workers; it runs none itself. Two processors and 2 GB do for some thousand jobs.",
            ),
            Self::MinWorkers => (
                "min_workers",
                "N",
                "Workers that are always there",
                "Workers that are always there [default: 0]",
                "These cost money also while nobody has jobs.",
            ),
            Self::MaxWorkers => (
                "max_workers",
                "N",
                "The most workers at once",
                "The most workers at once",
                "The limit of what the cluster can cost: no more are started, however many jobs wait.",
            ),
            Self::JobsPerWorker => (
                "jobs_per_worker",
                "N",
                "Jobs that a worker runs at once",
                "Jobs that a worker runs at once [default: 1]",
                "Usually the processors of the workers' type: more than that wait for each other.",
            ),
            Self::IdleSeconds => (
                "idle_seconds",
                "SECONDS",
                "Seconds until an idle worker ends",
                "Seconds after which an idle worker ends [default: 3600]",
                "A worker that starts takes minutes; one that waits costs money. Where machines are paid by the hour, an hour.",
            ),
            Self::KeyName => (
                "key_name",
                "NAME",
                "Key pair",
                "The cloud's key pair for logging in, without .pem; none for none",
                "Its public half is put on master and workers. Without one, nobody can log in by SSH.",
            ),
            Self::KeyFile => (
                "key_file",
                "FILE",
                "Private key of that pair, on this machine",
                "The file here with the private key of the key pair; none: whatever ssh finds",
                "hoist's own SSH to the master uses it. It stays on this machine.",
            ),
            Self::Subnet => (
                "subnet",
                "SUBNET",
                "Subnet of master and workers",
                "The subnet of master and workers; none: the cloud's choice",
                "Workers and master must reach each other, and both need a way to the internet for their packages.",
            ),
            Self::MasterGroup => (
                "master_group",
                "GROUP",
                "Security group of the master",
                "The master's security group: an id, a name, or new to have one made [default: new]",
                "A new one lets in TCP on port 9618, and on 22 where there is a key pair, from everywhere. It is made once you have \
             agreed to the summary, and named after the pool.",
            ),
            Self::WorkerGroup => (
                "worker_group",
                "GROUP",
                "Security group of the workers",
                "The workers' security group: an id, a name, or new to have one made [default: new if the master's is]",
                "A new one lets in TCP on port 9618 from the master's group, and nothing else.",
            ),
            Self::Pool => (
                "pool",
                "NAME",
                "Name of the pool",
                "The pool's name, such as a domain name [default: hoist.pool]",
                "HTCondor's machines know by it to whom they belong: two clusters should not share one.",
            ),
            Self::MasterProfile => (
                "master_profile",
                "PROFILE",
                "Instance profile of the master",
                "The instance profile of the master, which lets it launch and end workers; none for none",
                "Its role needs ec2:RunInstances, ec2:TerminateInstances, ec2:DescribeInstances, ec2:CreateTags and, where workers \
             have a profile, iam:PassRole. Without one, you put credentials on the master yourself.",
            ),
            Self::WorkerProfile => (
                "worker_profile",
                "PROFILE",
                "Instance profile of the workers",
                "The instance profile of the workers; none for none",
                "What its role may do, jobs may do, too. Workers need none, but for uCernVM's: those read the pool's password by it.",
            ),
            Self::PasswordFrom => (
                "password_from",
                "PLACE",
                "Where the master finds the pool's password",
                "Where the master finds the pool's password by its role: s3://BUCKET/KEY or ssm:NAME; none for none",
                "The master makes a random password and keeps it there. With none, the password is in the master's user data, which \
             anyone on the master can read. Workers get tokens of their own.",
            ),
            Self::PasswordFile => (
                "password_file",
                "FILE",
                "File with the pool's password",
                "The file here with the pool's password; made with a random one where there is none",
                "The password is put into the master's user data, since the master has no other way to it.",
            ),
            Self::Docker => (
                "docker",
                "YES",
                "Jobs of the Docker universe",
                "Have Docker on the workers, for jobs in containers [default: false]",
                "Workers install Docker at their start, which takes a minute more.",
            ),
            Self::Scaler => (
                "scaler",
                "SCALER",
                "What starts and ends workers",
                "What starts and ends workers: hoist or elastiq [default: hoist]",
                "hoist is `hoist elastic run`. elastiq is the older program, for images that have it: its elastiq.conf is written.",
            ),
            Self::BinarySource => (
                "binary_source",
                "PLACE",
                "Where the master gets hoist's program",
                "Where the master gets hoist's program: self, https://… or s3://BUCKET/KEY [default: self]",
                "self is this very program: it is copied when hoist launches the master, or put into a bucket of yours. Another build \
             of hoist, for an image of another kind, is fetched from its address; from a bucket the master's role must be able to \
             read it.",
            ),
            Self::BinaryBucket => (
                "binary_bucket",
                "BUCKET",
                "Bucket into which this program is put",
                "The bucket that this program is put into, s3://BUCKET/PREFIX; none: it is copied by SSH",
                "The master's role reads it from there; without a role, by an address that is signed for a week. With none, the master \
             gets it by SSH, with the key pair.",
            ),
            Self::BinarySha256 => (
                "binary_sha256",
                "SHA256",
                "SHA-256 of that program",
                "The SHA-256 of hoist's program: 64 hexadecimal digits",
                "`sha256sum hoist` tells it. The master runs nothing else.",
            ),
            Self::Lease => (
                "lease",
                "LEASE",
                "How long the master is kept",
                "End the master by itself after this long (\"12h\") or at this time (\"2026-12-01 17:00\"); none: it stays",
                "Whatever becomes of this machine and of hoist, the master powers itself off then.",
            ),
        };
        Words { key, prompt, about, help, value_name }
    }
}
