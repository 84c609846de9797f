//! A service of a plan in documents.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::on_host::{ForwardAgentView, LoginShellView};
use super::program_view::ProgramView;
use super::written::shown_lease;
use crate::plan::{Disk, Market, Plan, RunOn, Service, SshAddress, Tenancy, Text};

/// A service as its plan has it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceView<'a> {
    /// Its name, unique in the plan.
    name: &'a str,
    /// The name of its cloud in the plan.
    cloud: &'a str,
    /// The region of that cloud.
    region: Option<&'a str>,
    /// The image to launch.
    image: Option<&'a str>,
    /// The first of the sizes to launch.
    instance_type: Option<&'a str>,
    /// The key pair's name at the cloud.
    key_name: Option<&'a str>,
    /// Of a plan: an existing host, as written. Of a run: by which its host is reached.
    address: Option<&'a str>,
    /// Where its programs run.
    run_on: RunOn,
    /// The user to log in as.
    ssh_user: Option<&'a str>,
    /// The boot program.
    boot: Option<ProgramView<'a>>,
    /// The ready program.
    ready: Option<ProgramView<'a>>,
    /// The terminate program.
    terminate: Option<ProgramView<'a>>,
    /// Of a plan: as written. Of a run: the values that there are by now, those of the boot program's output among
    /// them.
    attributes: BTreeMap<&'a str, AttributeView<'a>>,
    /// Which programs have the user's agent, where the plan says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_agent: Option<ForwardAgentView>,
    /// Which programs have the environment of a login, where it is not all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_shell: Option<LoginShellView>,
    /// Where stage directories are made on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a Path>,
    /// The sizes to launch, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instance_types: Vec<&'a str>,
    /// Availability zones, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<&'a str>,
    /// Subnets, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subnets: Vec<&'a str>,
    /// Spot or on demand, in the order in which they are tried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    markets: Vec<Market>,
    /// The highest spot price, in US dollars an hour, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_price: Option<&'a str>,
    /// The disk that its machine starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk: Option<&'a Disk>,
    /// How many hops answers of the metadata service may travel.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata_hop_limit: Option<u8>,
    /// The capacity reservation that its machine counts against.
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_reservation: Option<&'a str>,
    /// The placement group of its machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement_group: Option<&'a str>,
    /// With whom its machine shares hardware.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenancy: Option<Tenancy>,
    /// By which of its machine's addresses it is reached, where it is not the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh_address: Option<SshAddress>,
    /// How long its machine is kept, as plans write it: a duration or a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<String>,
    /// The scaler that its machine runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    elastic: Option<ElasticServiceView<'a>>,
}

/// A scaler with a ledger of its own on a service's machine.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ElasticServiceView<'a> {
    /// The program that stops it, with its arguments; null where it is the usual one.
    stop: Option<&'a [String]>,
    /// How long that may take, in seconds.
    timeout_seconds: f64,
}

/// An attribute's value, or where a secret one is found.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum AttributeView<'a> {
    /// The value.
    Value(Cow<'a, str>),
    /// Only the service's own config template reads it.
    Secret {
        /// `env:NAME` or `file:PATH`.
        secret: String,
    },
}

impl<'a> ServiceView<'a> {
    /// Creates the view of this service of the plan.
    pub(in crate::report) fn of(plan: &'a Plan, service: &'a Service) -> Self {
        let launch = service.launch.as_ref();
        let program = |program| Option::as_ref(program).map(ProgramView::of);
        let values = service.attributes.iter().map(|(name, text)| (name, AttributeView::Value(text.as_str().into())));
        let secrets =
            service.secrets.iter().map(|(name, source)| (name, AttributeView::Secret { secret: source.to_string() }));
        let attributes = values.chain(secrets).map(|(name, value)| (name.as_str(), value)).collect();
        Self {
            name: &service.name,
            cloud: &service.cloud,
            region: plan.clouds.get(&service.cloud).and_then(|cloud| cloud.region.as_deref()),
            image: text(launch.and_then(|launch| launch.image.as_ref())),
            instance_type: text(launch.and_then(|launch| launch.instance_types.first())),
            key_name: text(launch.and_then(|launch| launch.key_name.as_ref())),
            address: text(service.address.as_ref()),
            run_on: service.run_on,
            ssh_user: service.ssh.user.as_deref(),
            boot: program(&service.programs.boot),
            ready: program(&service.programs.ready),
            terminate: program(&service.programs.terminate),
            attributes,
            forward_agent: ForwardAgentView::of(service.ssh.forward_agent),
            login_shell: LoginShellView::of(service.ssh.login_shell),
            stage: service.ssh.stage.as_deref(),
            instance_types: launch.map(|launch| texts(&launch.instance_types)).unwrap_or_default(),
            zones: launch.map(|launch| texts(&launch.zones)).unwrap_or_default(),
            subnets: launch.map(|launch| texts(&launch.subnets)).unwrap_or_default(),
            markets: launch.map(|launch| launch.markets.clone()).unwrap_or_default(),
            max_price: launch.and_then(|launch| launch.max_price.as_deref()),
            disk: launch.and_then(|launch| launch.disk.as_ref()),
            metadata_hop_limit: launch.and_then(|launch| launch.metadata_hop_limit),
            capacity_reservation: text(launch.and_then(|launch| launch.capacity_reservation.as_ref())),
            placement_group: text(launch.and_then(|launch| launch.placement_group.as_ref())),
            tenancy: launch.and_then(|launch| launch.tenancy),
            ssh_address: launch.and_then(|_| private(service.ssh.address)),
            lease: launch.and_then(|_| plan.lease_of(service)).map(shown_lease),
            elastic: service.elastic.as_ref().map(|elastic| ElasticServiceView {
                stop: elastic.stop.as_deref(),
                timeout_seconds: elastic.timeout.as_secs_f64(),
            }),
        }
    }

    /// Adds the state in a run: the address of the host, and the attribute values known by now.
    pub(in crate::report) fn recorded(
        self,
        address: Option<&'a str>,
        attributes: BTreeMap<&'a str, AttributeView<'a>>,
    ) -> Self {
        Self { address, attributes, ..self }
    }
}

fn text(text: Option<&Text>) -> Option<&str> {
    text.map(Text::as_str)
}

fn texts(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::as_str).collect()
}

fn private(address: SshAddress) -> Option<SshAddress> {
    Some(address).filter(|address| *address == SshAddress::Private)
}
