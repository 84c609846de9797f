//! EC2's SDK as the tests use it: no retries of its own, so that each call is seen as it ends.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::describe_instances::builders::DescribeInstancesFluentBuilder;
use aws_sdk_ec2::operation::run_instances::RunInstancesOutput;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{Filter, Instance, InstanceType, ResourceType, Tag, TagSpecification};
use aws_smithy_http_client::{Builder, tls};

use hoist_test_support::aws::{FaultProxy, Faults, IMAGE, REGION};

/// A proxy and a client of it. The test ends here where moto cannot run.
macro_rules! cloud {
    ($faults:expr) => {
        match crate::peers::client::start($faults) {
            Some(started) => started,
            None => return,
        }
    };
}
pub(crate) use cloud;

pub(crate) fn start(faults: Faults) -> Option<(FaultProxy, Client)> {
    let proxy = FaultProxy::start(faults)?;
    let client = client(&proxy);
    Some((proxy, client))
}

/// A client of a proxy.
pub(crate) fn client(proxy: &FaultProxy) -> Client {
    client_in(proxy, REGION)
}

pub(crate) fn client_in(proxy: &FaultProxy, region: &str) -> Client {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(proxy.endpoint())
        .credentials_provider(Credentials::new("AKIATEST", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// How a call failed: by EC2's code, or that there was no answer.
pub(crate) fn code<T, E, R>(result: Result<T, SdkError<E, R>>) -> String
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    match result.map(|_| ()).expect_err("the call must fail") {
        SdkError::ServiceError(error) => error.err().code().unwrap_or("no code").to_owned(),
        SdkError::DispatchFailure(_) => "no answer".to_owned(),
        SdkError::ResponseError(_) => "bad answer".to_owned(),
        other => panic!("neither an answer nor the lack of one: {other:?}"),
    }
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// A launch of so many equal instances.
pub(crate) fn launch(client: &Client, count: i32) -> RunInstancesFluentBuilder {
    client.run_instances().image_id(IMAGE).instance_type(InstanceType::T3Small).min_count(count).max_count(count)
}

pub(crate) fn tags(kind: ResourceType, pairs: &[(&str, &str)]) -> TagSpecification {
    let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
    TagSpecification::builder().resource_type(kind).set_tags(Some(pairs.iter().map(tag).collect())).build()
}

pub(crate) fn filter(name: &str, values: &[&str]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.iter().map(|&value| value.to_owned()).collect())).build()
}

pub(crate) fn id(instance: &Instance) -> String {
    instance.instance_id().expect("an instance has an id").to_owned()
}

pub(crate) fn ids(launched: &RunInstancesOutput) -> Vec<String> {
    launched.instances().iter().map(id).collect()
}

pub(crate) fn state(instance: &Instance) -> &str {
    instance.state().and_then(|state| state.name()).expect("an instance has a state").as_str()
}

/// The instances that a call shows.
pub(crate) async fn shown(call: DescribeInstancesFluentBuilder) -> Vec<Instance> {
    let described = call.send().await.unwrap();
    described.reservations().iter().flat_map(|reservation| reservation.instances().to_vec()).collect()
}

/// The one instance of this id.
pub(crate) async fn one(client: &Client, id: &str) -> Instance {
    let mut found = shown(client.describe_instances().instance_ids(id)).await;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

pub(crate) async fn terminate(client: &Client, ids: &[String]) {
    client.terminate_instances().set_instance_ids(Some(ids.to_vec())).send().await.unwrap();
}
