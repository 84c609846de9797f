//! Annexes as stacks on AWS: CloudFormation creates them, Auto Scaling maintains them, and both end them when the lease
//! is over.
//!
//! Users call CloudFormation, which acts with the role of the set-up ([`AnnexSetup`]); files go through the set-up's
//! bucket. A stack is found by its id, or by its name if it carries the annex's tag: unrelated stacks of that name are
//! left alone.

mod access_denied;
mod annex_stack;
mod apply;
mod bucket_file;
mod cfn_template;
mod check;
mod cidr;
mod containers;
mod delete;
mod describe;
mod disk_prices;
mod events;
mod files;
mod iam_policies;
mod images;
mod instances;
mod leftovers;
mod list;
mod member_leases;
mod networks;
mod observe;
mod observed_setup;
mod prepare;
mod prices;
mod public_address;
mod quota_check;
mod quota_headroom;
mod quotas;
mod release;
mod request;
mod scaling_groups;
mod setup;
mod setup_builder;
mod setup_check;
mod setup_delete;
mod setup_params;
mod setup_plan;
mod setup_progress;
mod setup_reader;
mod setup_resources;
mod setup_stack;
mod setup_template;
mod spot_prices;
mod spot_shortages;
mod stack_cloud;
mod stored_logs;
mod sweeper;
mod tagged_things;
mod user_data;

pub use cfn_template::{
    GroupLaunchData, LARGEST_BODY, OUTPUT_END, OUTPUT_FINGERPRINT, Setup, described, fingerprint, group_of, renewed,
    stack,
};
pub use cidr::{Cidr, CidrError};
pub use iam_policies::{Audience, policy};
pub use public_address::{WHAT_IS_MY_ADDRESS, address_said, address_towards};
pub use setup::AnnexSetup;
pub use setup_builder::SetupOutcome;
pub use setup_delete::SetupDeletion;
pub use setup_params::{NetworksError, SetupParams};
pub use setup_plan::SetupPlan;
pub use setup_progress::SetupProgress;
pub use stack_cloud::StackCloud;
