//! RunInstances: tokens, lost replies, throttling.

use std::collections::BTreeSet;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::InstanceType;

use crate::aws::{FaultProxy, Faults, IMAGE};
use crate::client::{client, code, run};

pub(crate) fn launch(client: &Client, count: i32) -> RunInstancesFluentBuilder {
    client.run_instances().image_id(IMAGE).instance_type(InstanceType::T3Small).min_count(count).max_count(count)
}

/// The proof of the prototype: what is launched again after an error is a duplicate, unless it carries the same token.
#[test]
fn two_hundred_launches_are_two_hundred_only_with_tokens() {
    run(async {
        for tokens in [true, false] {
            let Some(proxy) = FaultProxy::start(Faults::new(7).throttled(0.3).lost_replies(0.1)) else { return };
            let client = client(&proxy);
            let mut ids = BTreeSet::new();
            for number in 0..200 {
                loop {
                    let token = if tokens { format!("slot-{number}") } else { format!("call-{}", proxy.calls().len()) };
                    match launch(&client, 1).client_token(token).send().await {
                        Ok(launched) => {
                            ids.extend(launched.instances().iter().filter_map(|i| i.instance_id().map(str::to_owned)));
                            break;
                        }
                        Err(error) => {
                            assert!(
                                ["RequestLimitExceeded", "no answer"].contains(&code(&error).as_str()),
                                "{error:?}"
                            );
                        }
                    }
                }
            }
            assert_eq!(ids.len(), 200);
            let living = proxy.living();
            assert!(proxy.error_counts()["RequestLimitExceeded"] > 50);
            if tokens {
                assert_eq!(living.iter().map(|instance| instance.id.clone()).collect::<BTreeSet<_>>(), ids);
            } else {
                assert!(living.len() > 210, "{} instances", living.len());
            }
        }
    });
}
