//! What is wrong with the way to the cloud is told before anything is launched.

use hoist::cloud::aws::api::{AwsConfig, AwsEnvironment, AwsSession};
use hoist::provider::CloudError;

use crate::ec2::lab::{Lab, environment, run};
use hoist_test_support::aws::{Effect, Faults, REGION};

fn here(endpoint: &str) -> AwsConfig {
    AwsConfig { region: Some(REGION.to_owned()), endpoint: Some(endpoint.to_owned()), ..AwsConfig::default() }
}

/// What the first call to this place fails with.
async fn failure(config: AwsConfig, environment: AwsEnvironment) -> CloudError {
    AwsSession::new(config).environment(environment).identity().await.expect_err("nothing is right about it")
}

fn said(error: &CloudError) -> String {
    format!("{} | {}", error.message, error.hint.clone().unwrap_or_default())
}

#[test]
fn addresses_that_are_none_are_told_before_anybody_is_asked() {
    run(async {
        for (endpoint, says) in [
            ("localhost:5000", "did you mean https://localhost:5000?"),
            ("ftp://host", "neither http nor https"),
            ("http://host:port", "port is no port"),
        ] {
            let text = said(&failure(here(endpoint), environment()).await);
            assert!(text.contains(says) && text.contains(endpoint), "{text}");
        }
    });
}

#[test]
fn nobody_at_the_address_is_told_with_the_address() {
    run(async {
        // No program is given a port below 1024 by chance.
        let text = said(&failure(here("http://127.0.0.1:9"), environment()).await);
        assert!(text.contains("nothing listens at") && text.contains("127.0.0.1:9"), "{text}");

        // Somebody who speaks no TLS.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt as _;
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            }
        });
        let text = said(&failure(here(&format!("https://{address}")), environment()).await);
        assert!(text.contains("securely") && text.contains("https"), "{text}");
        answering.abort();
    });
}

#[test]
fn regions_that_are_none_are_told() {
    run(async {
        let config = |region: &str| AwsConfig { region: Some(region.to_owned()), ..AwsConfig::default() };
        let text = said(&failure(config("us-east-1a"), environment()).await);
        assert!(text.contains("us-east-1a is an availability zone; its region is us-east-1"), "{text}");
        let text = said(&failure(config("US_EAST_1"), environment()).await);
        assert!(text.contains("did you mean us-east-1?"), "{text}");
    });
}

#[test]
fn credentials_that_have_expired_are_told_before_anybody_is_asked() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let expired = AwsEnvironment::of([
            ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "hidden-half"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_CREDENTIAL_EXPIRATION", "2020-02-03T04:05:06Z"),
        ]);
        let text = said(&failure(here(&lab.proxy.endpoint()), expired).await);
        assert!(text.contains("expired at 2020-02-03 04:05:06 UTC") && text.contains("aws sso login"), "{text}");
        assert!(!text.contains("hidden-half"));
        assert_eq!(lab.proxy.calls().len(), 0);
    });
}

#[test]
fn a_profile_that_is_not_there_is_told_by_its_name() {
    run(async {
        let config = AwsConfig { profile: Some("no-such-profile-here".to_owned()), ..here("http://127.0.0.1:9") };
        let text = said(&failure(config, environment()).await);
        assert!(text.contains("no-such-profile-here") && text.contains("list-profiles"), "{text}");
    });
}

#[test]
fn the_variables_of_an_ec2_like_cloud_lead_to_it() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let url = lab.proxy.endpoint();
        let rc =
            AwsEnvironment::of([("EC2_URL", url.as_str()), ("EC2_ACCESS_KEY", "project"), ("EC2_SECRET_KEY", "s")]);
        let session = AwsSession::new(AwsConfig::default()).environment(rc);
        assert!(session.is_compatible());
        let identity = session.identity().await.unwrap();
        assert_eq!((identity.account, identity.arn), (None, None));
        assert_eq!(session.endpoint().await.unwrap(), Some(url.as_str()));
        // It has no security token service to ask.
        assert_eq!(lab.proxy.count("DescribeRegions"), 1);
        assert_eq!(lab.proxy.calls().len(), 1);
    });
}

#[test]
fn what_the_service_refuses_is_told_through_the_real_client() {
    for (code, message, words) in [
        (
            "AuthFailure",
            "AWS was not able to validate the provided access credentials",
            ["does not accept", "hoist doctor"],
        ),
        ("ExpiredToken", "The security token included in the request is expired", ["have expired", "aws sso login"]),
        ("RequestExpired", "Request has expired", ["clock", "timedatectl"]),
        ("OptInRequired", "You are not subscribed to this service", ["accept an offer", "subscribe"]),
        (
            "UnauthorizedOperation",
            "You are not authorized to perform this operation.",
            ["ec2:DescribeRegions", "policy"],
        ),
        ("StrangeThing", "Nobody has seen this before", ["StrangeThing", "Nobody has seen this before"]),
    ] {
        let Some(lab) = Lab::new(Faults::default().always("Describe*", Effect::error(code, message))) else { return };
        run(async {
            let text = said(&lab.cloud.session().regions().await.unwrap_err());
            for word in words {
                assert!(text.contains(word), "{code}: {word}: {text}");
            }
            for dumped in ["SdkError", "ErrorMetadata", "Unhandled", "{ "] {
                assert!(!text.contains(dumped), "{text}");
            }
        });
    }
}

#[test]
fn another_account_is_not_asked_for_a_runs_machines() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let session = |account: String| {
            AwsSession::new(AwsConfig { account: Some(account), ..here(&lab.proxy.endpoint()) })
                .environment(environment())
        };
        let own = session(String::new()).identity().await.unwrap().account.unwrap();
        assert!(session(own.clone()).regions().await.is_ok());
        let asked = lab.proxy.count("DescribeRegions");
        let other = session("123456789012".to_owned()).regions().await.expect_err("they belong to another account");
        let text = said(&other);
        assert!(text.contains(&own) && text.contains("123456789012") && text.contains("AWS_PROFILE"), "{text}");
        assert_eq!(lab.proxy.count("DescribeRegions"), asked, "nobody was asked");
    });
}
