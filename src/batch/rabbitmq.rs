use async_trait::async_trait;
use serde::Deserialize;

use super::net::{Address, HttpClient, HttpRequest, Login, decoded, encoded, json};
use super::part_reading::read_demand;
use super::source_access::SourceAccess;
use super::work_source::{SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Seconds, Wants};
use crate::elastic::fleet::FleetQueue;

/// Ports of RabbitMQ's management plugin, without and with TLS (its manual, "Management Plugin").
const MANAGEMENT_PORTS: [u16; 2] = [15672, 15671];

/// A queue of a RabbitMQ server, read from its management plugin. Messages that are ready wait; those that a consumer
/// has and has not acknowledged are being worked on.
pub(super) struct RabbitmqSource {
    client: HttpClient,
    vhost: String,
    queue: String,
    login: Login,
}

/// What the plugin tells of a queue, as far as it is used. Figures are missing while the server collects them.
#[derive(Deserialize)]
struct QueueState {
    messages_ready: Option<u64>,
    state: Option<String>,
}

impl RabbitmqSource {
    /// The path of `address` names the virtual host, as in AMQP's addresses; an empty one is `/`.
    pub(super) fn new(
        queue: &FleetQueue,
        address: Address,
        name: String,
        access: &SourceAccess,
    ) -> Result<Self, SourceError> {
        let vhost = address.path.trim_start_matches('/');
        let vhost = decoded(vhost.strip_suffix('/').unwrap_or(vhost)).ok_or_else(|| SourceError {
            message: "the path in \"url\" of the queue, which names the virtual host, cannot be read".to_owned(),
            hint: Some("write a \"%\" in its name as %25, and a \"/\" as %2F".to_owned()),
        })?;
        let vhost = if vhost.is_empty() { "/".to_owned() } else { vhost };
        Ok(Self {
            client: HttpClient::new(management(address), access.trust.clone(), access.limits),
            vhost,
            queue: name,
            login: Login::of(queue)?,
        })
    }

    async fn waiting(&self) -> Result<u64, SourceError> {
        let label = self.label();
        let target = format!("/api/queues/{}/{}", encoded(&self.vhost), encoded(&self.queue));
        let authorization = self.login.authorization()?;
        let answer = self.client.send(&HttpRequest::get(target, authorization.as_ref())).await;
        let answer = answer.map_err(|error| {
            let mut failure = self.client.failure(&label, &error);
            if matches!(error, super::net::NetError::Refused(_)) {
                let hint = "check that RabbitMQ runs with its management plugin (rabbitmq-plugins enable \
                            rabbitmq_management), whose address \"url\" is";
                failure.hint = Some(hint.to_owned());
            }
            failure
        })?;
        let missing = format!(
            "check the queue's name and the virtual host, \"{}\": the path of \"url\" names it (http://HOST:15672/VHOST)",
            self.vhost
        );
        let body = answer.success(&label, self.client.server(), &self.login, &missing)?;
        let state: QueueState = json(&label, self.client.server(), &body)?;
        match (state.messages_ready, state.state.as_deref()) {
            (_, Some(down @ ("down" | "stopped" | "crashed"))) => Err(SourceError {
                message: format!("cannot read {label}: the queue is {down}"),
                hint: Some("start the node of RabbitMQ that holds it".to_owned()),
            }),
            (Some(ready), _) => Ok(ready),
            (None, _) => Err(SourceError {
                message: format!("cannot read {label}: the server has no figures of it yet"),
                hint: Some("they come within seconds, unless management_agent.disable_metrics_collector is set".into()),
            }),
        }
    }
}

/// Returns the address of the management plugin.
fn management(address: Address) -> Address {
    let is_amqp = address.scheme.starts_with("amqp");
    let secure = address.is_secure();
    let (scheme, port) = match (is_amqp, secure) {
        (true, false) => ("http", Some(MANAGEMENT_PORTS[0])),
        (true, true) => ("https", Some(MANAGEMENT_PORTS[1])),
        (false, _) => (address.scheme.as_str(), address.port),
    };
    Address { scheme: scheme.to_owned(), port, ..address.clone() }
}

#[async_trait]
impl WorkSource for RabbitmqSource {
    fn label(&self) -> String {
        format!("the queue {} of {}", self.queue, self.client.server())
    }

    async fn read(&self, wants: Wants, _now: Seconds) -> WorkReading {
        read_demand(wants, self.waiting()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::fleet::QueueKind;

    #[test]
    fn the_path_is_the_virtual_host_and_amqp_means_the_plugin() {
        let source = |url: &str| {
            let queue = FleetQueue::new(QueueKind::Rabbitmq);
            let address = Address::parse(url).unwrap();
            RabbitmqSource::new(&queue, address, "work".to_owned(), &SourceAccess::default())
                .map(|source| (source.client.server().to_string(), source.vhost))
        };
        for (url, server, vhost) in [
            ("http://mq:15672", "http://mq:15672", "/"),
            ("https://mq/prod/", "https://mq", "prod"),
            ("amqp://mq", "http://mq:15672", "/"),
            ("amqp://mq:5673/a%2Fb", "http://mq:15672", "a/b"),
            ("amqps://mq/prod", "https://mq:15671", "prod"),
            ("amqp://mq/%2F", "http://mq:15672", "/"),
        ] {
            assert_eq!(source(url).unwrap(), (server.to_owned(), vhost.to_owned()), "{url}");
        }
        assert!(source("http://mq/%zz").is_err());
    }
}
