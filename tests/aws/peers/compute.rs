//! Machines that compute behind moto's instances.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use aws_sdk_ec2::types::{InstanceType, ResourceType};

use crate::peers::client::{client, code, ids, launch, one, run, state, tags, terminate};
use hoist_test_support::aws::{Compute, FaultProxy, Faults, IMAGE, NewMachine, REGION, Started};

pub(crate) const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFKNY0IWsJWrQTCtd7FcMCJdDgHbMmKsVjcHbJCHHpkX test";

/// Machines that are a listening socket each.
#[derive(Default)]
struct Sockets {
    running: Mutex<BTreeMap<String, (TcpListener, NewMachine)>>,
    stopped: Mutex<Vec<String>>,
}

impl Compute for Sockets {
    fn start(&self, machine: NewMachine) -> Result<Started, String> {
        if machine.user_data == b"fail" {
            return Err("no such luck".to_owned());
        }
        let mut running = self.running.lock().unwrap();
        let address = format!("127.88.0.{}", running.len() + 1);
        let socket = TcpListener::bind((address.as_str(), 0)).map_err(|error| error.to_string())?;
        running.insert(machine.id.clone(), (socket, machine));
        Ok(Started { address })
    }

    fn stop(&self, id: &str) {
        self.running.lock().unwrap().remove(id);
        self.stopped.lock().unwrap().push(id.to_owned());
    }

    fn console(&self, id: &str) -> String {
        format!("booting {id}\n")
    }
}

async fn until(client: &aws_sdk_ec2::Client, id: &str, wanted: &str) -> aws_sdk_ec2::types::Instance {
    for _ in 0..2000 {
        let instance = one(client, id).await;
        if state(&instance) == wanted {
            return instance;
        }
    }
    panic!("{id} does not become {wanted}");
}

#[test]
fn an_instance_is_a_machine_for_as_long_as_it_lives() {
    run(async {
        let sockets = Arc::new(Sockets::default());
        let Some(proxy) = FaultProxy::with_compute(Faults::default(), sockets.clone()) else { return };
        let client = client(&proxy);
        proxy.import_key_pair("login", PUBLIC_KEY);
        let call = launch(&client, 2).key_name("login").user_data("IyEvYmluL3NoCg==");
        let named = tags(ResourceType::Instance, &[("Name", "web")]);
        let launched = ids(&call.tag_specifications(named).send().await.unwrap());
        let instance = until(&client, &launched[0], "running").await;
        let address = instance.public_ip_address().unwrap();
        assert!(address.starts_with("127.88.0."), "{address}");
        assert_eq!(instance.private_ip_address(), Some(address));
        assert_eq!(instance.public_dns_name(), Some(address));
        let machine = sockets.running.lock().unwrap()[&launched[0]].1.clone();
        assert_eq!(
            machine,
            NewMachine {
                id: launched[0].clone(),
                region: REGION.to_owned(),
                image: IMAGE.to_owned(),
                user_data: b"#!/bin/sh\n".to_vec(),
                public_key: Some(PUBLIC_KEY.to_owned()),
                tags: BTreeMap::from([("Name".to_owned(), "web".to_owned())]),
            }
        );
        let console = client.get_console_output().instance_id(&launched[0]).send().await.unwrap();
        assert_eq!(
            console.output(),
            Some(crate::peers::launches::aws_base64(format!("booting {}\n", launched[0]).as_bytes()).as_str())
        );
        assert_eq!(code(client.get_console_output().instance_id("i-0").send().await), "InvalidInstanceID.NotFound");

        terminate(&client, &launched[..1]).await;
        until(&client, &launched[0], "terminated").await;
        assert_eq!(*sockets.stopped.lock().unwrap(), launched[..1]);
        drop(proxy);
        assert!(sockets.running.lock().unwrap().is_empty(), "what still runs ends with the proxy");
    });
}

#[test]
fn a_machine_that_cannot_start_ends_its_instance() {
    run(async {
        let sockets = Arc::new(Sockets::default());
        let Some(proxy) = FaultProxy::with_compute(Faults::default(), sockets) else { return };
        let client = client(&proxy);
        let call = launch(&client, 1).instance_type(InstanceType::T3Large).user_data("ZmFpbA==");
        let id = ids(&call.send().await.unwrap()).remove(0);
        let instance = until(&client, &id, "terminated").await;
        let reason = instance.state_reason().and_then(|reason| reason.code());
        assert_eq!(reason, Some("Server.InternalError"));
        assert_eq!(proxy.living(), []);
    });
}

/// A machine that starts while its instance is terminated already, or the test ends, is not left over.
#[test]
fn nothing_that_starts_late_is_left() {
    run(async {
        let sockets = Arc::new(Sockets::default());
        let Some(proxy) = FaultProxy::with_compute(Faults::default(), sockets.clone()) else { return };
        let client = client(&proxy);
        let launched = ids(&launch(&client, 40).send().await.unwrap());
        terminate(&client, &launched[..20]).await;
        drop(proxy);
        assert!(sockets.running.lock().unwrap().is_empty());
        assert_eq!(sockets.stopped.lock().unwrap().len(), 40);
    });
}
