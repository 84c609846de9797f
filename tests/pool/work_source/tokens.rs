//! Tokens with which workers join.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hoist::batch::WorkSource as _;
use hoist_test_support::condor_pool::member;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::pool_tools::lab::block_on;
use crate::work_source::lab::{Pool, now, source_of, worker_config};

const LIFETIME: Duration = Duration::from_secs(1800);

/// What a token says of itself.
fn claims(token: &str) -> Value {
    let payload = token.trim().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn token_of(pool: &Pool, user: &str) -> SecretString {
    block_on(source_of(&pool.manager, user).worker_token(LIFETIME)).unwrap().unwrap()
}

#[test]
fn a_worker_joins_and_works_with_a_bounded_token_that_it_cannot_prolong() {
    let Some(pool) = Pool::start() else { return };
    // Who reads the pool's key signs as the pool's daemon; who does not is given a token of their own name.
    let (signed, fetched) = (token_of(&pool, "root"), token_of(&pool, "admin"));
    let scope = json!("condor:/ADVERTISE_STARTD condor:/ADVERTISE_MASTER condor:/READ");
    for (token, subject) in [(&signed, "condor@lab"), (&fetched, "admin@lab")] {
        let said = claims(token.expose_secret());
        assert_eq!((&said["sub"], &said["scope"]), (&json!(subject), &scope));
        let left = said["exp"].as_i64().unwrap() - now();
        assert!((1700..=1800).contains(&left), "{left}");
        assert!(!format!("{token:?}").contains(token.expose_secret()));
    }

    let worker = member(&pool.manager, "DAEMON_LIST = MASTER\n");
    let config = worker_config("i-token", "SEC_PASSWORD_DIRECTORY = /nowhere");
    let run = format!(
        "pkill -x condor_master; while pgrep -x condor_master; do sleep 0.1; done; rm -rf /etc/condor/passwords.d/* /etc/condor/tokens.d/*; \
         umask 077; printf '%s\\n' '{}' > /etc/condor/tokens.d/pool; umask 022; \
         printf '%s' '{config}' > /etc/condor/config.d/96-token.config; condor_master",
        signed.expose_secret()
    );
    worker.must("root", &run);
    pool.until_machine("i-token", "it is in the pool", |machine| !machine.slots.is_empty());
    let cluster = pool
        .submit("request_memory = 16\nrequirements = TARGET.HoistInstance == \"i-token\"\narguments = -c true\nqueue");
    pool.manager.until("its job is done", || {
        pool.manager.must("admin", &format!("condor_history {cluster} -af ExitCode")).trim() == "0"
    });
    // It is nobody who may drain or submit as another.
    let refused = worker.run("root", "condor_drain -graceful $(condor_status -af Machine | head -n 1)");
    assert!(
        refused.is_err() || pool.machine("i-token").is_some_and(|machine| machine.draining.is_none()),
        "{refused:?}"
    );

    let asked =
        "condor_token_fetch -type COLLECTOR -lifetime 7200 -authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ";
    let again = claims(&worker.must("root", asked));
    assert_eq!(again["exp"], claims(signed.expose_secret())["exp"], "{again}");
}
