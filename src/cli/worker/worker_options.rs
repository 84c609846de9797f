use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use jiff::SignedDuration;

use crate::app::coalition::UserDataChoice;
use crate::app::worker::StartWorkers;
use crate::cli::completions::system_names;

/// What workers are, by their file.
#[derive(Args, Debug)]
pub(super) struct WorkerOptions {
    /// coalition's file, which ends in .ini, or a fleet file
    #[arg(long, value_name = "FILE", default_value = "cloud_aws.ini", value_hint = clap::ValueHint::FilePath)]
    config: PathBuf,

    /// A launch plan, of whose service they have the machine
    #[arg(long, value_name = "PLAN", requires = "service", conflicts_with_all = ["config", "template", "os", "from_spec"],
        value_hint = clap::ValueHint::FilePath)]
    plan: Option<PathBuf>,

    /// The service of the plan
    #[arg(long, value_name = "NAME", requires = "plan")]
    service: Option<String>,

    /// Their kind, of a fleet file with several
    #[arg(long, value_name = "NAME")]
    kind: Option<String>,

    /// Begin of their names, and so the fleet that they are of [default: as the file has it]
    #[arg(long, value_name = "PREFIX")]
    name_prefix: Option<String>,

    /// A template of the workers' user data, for coalition's file: $name, or handlebars in a file that ends in .hbs
    /// [default: worker-cloud-init]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    template: Option<PathBuf>,

    /// The operating system of the image, for the built-in template [default: as the image's name tells]
    #[arg(long, value_name = "OS", conflicts_with = "template", add = ArgValueCompleter::new(system_names))]
    os: Option<String>,

    /// EC2's launch specification, or the body of Google's instances.insert, as JSON: what it names takes the place of
    /// what --config has
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    from_spec: Option<PathBuf>,

    /// Let the template put the file's keys into the user data, which everybody on the machine can read, or the launch
    /// specification have them there
    #[arg(long)]
    allow_secret: bool,
}

impl WorkerOptions {
    /// Returns the request for one worker without a lease, which is only to be shown.
    pub(super) fn request(&self) -> StartWorkers<'_> {
        StartWorkers {
            config: self.plan.as_ref().unwrap_or(&self.config),
            service: self.service.as_deref(),
            count: 1,
            kind: self.kind.as_deref(),
            lease: SignedDuration::ZERO,
            name_prefix: self.name_prefix.as_deref(),
            user_data: UserDataChoice {
                template: self.template.clone(),
                os: self.os.clone(),
                allow_secret: self.allow_secret,
            },
            from_spec: self.from_spec.as_deref(),
            check: false,
            dry_run: true,
        }
    }
}
