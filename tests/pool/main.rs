//! Pools of HTCondor's: the programs that hoist runs, the machines that its templates and its wizard make, and launch plans.

mod annex_pool;
mod annex_tokens;
mod builtins;
mod classad_oracle;
mod fleets;
mod launch_plan;
mod master;
mod pool_tools;
mod work_source;
