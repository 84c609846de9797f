//! The run and the service that the instance's scaler belongs to, told to the instance.

use crate::provider::{RUN_VARIABLE, SERVICE_VARIABLE};
use crate::user_data::Part;

/// The run and the service of an instance that runs a scaler.
#[derive(Clone, Copy, Debug)]
pub(in crate::cloud) struct ScalerParent<'a> {
    /// Tag of the run.
    pub(in crate::cloud) run: &'a str,
    /// Name of the service.
    pub(in crate::cloud) service: &'a str,
}

/// Returns a boot hook that writes `/etc/hoist/run.env`, the environment file of the scaler's unit.
///
/// User data works on every cloud that speaks EC2's language, however little else of it is spoken. Both names have the
/// characters of a plan's names alone, so the shell and systemd take them as they are.
pub(super) fn part(parent: ScalerParent<'_>) -> Part {
    let ScalerParent { run, service } = parent;
    let text = format!(
        "#cloud-boothook\n#!/bin/sh\n# The run of hoist that this machine belongs to, for its scaler.\n\
         mkdir -p /etc/hoist && printf '%s\\n' '{RUN_VARIABLE}={run}' '{SERVICE_VARIABLE}={service}' >/etc/hoist/run.env\n"
    );
    Part::new("text/cloud-boothook", "hoist-run", "run", text.into_bytes())
}
