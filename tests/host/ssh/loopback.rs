//! Addresses of this machine: SSH as the plan says, unless the plan says otherwise.

use std::net::TcpListener;

use crate::ssh::desk::Desk;

/// A port of 127.0.0.1 where nothing listens.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn an_address_of_this_machine_is_reached_as_the_plan_says() {
    let Some(desk) = Desk::new() else { return };
    let port = free_port();
    let machine = desk.machine("127.0.0.1", port).await;
    for (number, address) in ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.1"].into_iter().enumerate() {
        let run_on = if number == 3 { "run_on = \"this-host\"" } else { "" };
        let ssh = desk.ssh("guest", port);
        let service = format!("[levels.services.vm]\naddress = \"{address}\"\n{ssh}\n{run_on}\nboot = \"who.sh\"\n");
        desk.file("demo.toml", &format!("[[levels]]\n{service}"));
        desk.hoist(&format!("plan boot demo.toml -n run{number}")).exit(0);
        let logs = desk.hoist(&format!("plan logs run{number} vm")).exit(0);
        if number == 3 {
            logs.says("ssh none").never_says("guest");
        } else {
            logs.says("guest\nssh 127.");
        }
        desk.hoist(&format!("plan status run{number}")).exit(0);
        desk.hoist(&format!("plan terminate run{number}")).exit(0);
        let left = std::fs::read_dir(machine.file("/var/tmp")).unwrap().flatten().map(|entry| entry.path());
        assert_eq!(left.collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new());
    }
}

#[tokio::test]
async fn a_hostname_of_cloudinitd_goes_by_the_users_configuration() {
    let Some(desk) = Desk::new() else { return };
    let port = free_port();
    let machine = desk.machine("127.0.0.1", port).await;
    desk.config(&format!("Host localhost 127.*\n  Port {port}\n"));
    desk.know(&format!("[localhost]:{port}"), &machine);
    let key = desk.lab.key();
    desk.file("top.conf", "[runlevels]\nlevel1: level.conf\n");
    let service = format!("hostname: localhost\nlocalsshkeypath: {}\nbootpgm: who.sh\n", key.display());
    desk.file("level.conf", &format!("[svc-a]\nssh_username: admin\n{service}[svc-b]\nlocal_exe: true\n{service}"));
    desk.hoist("plan boot top.conf -n demo").exit(0);
    desk.hoist("plan logs demo a").exit(0).says("admin\nssh 127.");
    desk.hoist("plan logs demo b").exit(0).says("ssh none");
    desk.hoist("plan terminate demo").exit(0);
}

#[test]
fn where_no_server_answers_the_other_way_is_told_at_once() {
    let Some(desk) = Desk::new() else { return };
    let port = free_port();
    desk.file(
        "demo.toml",
        &format!(
            "[[levels]]\n[levels.services.vm]\naddress = \"127.0.0.1\"\n{}\nboot = \"true.sh\"\ntimeout = 2\n",
            desk.ssh("root", port)
        ),
    );
    let said = desk.hoist("plan boot demo.toml").exit(1);
    let line = format!("vm waiting for SSH on 127.0.0.1:{port}: connection refused, 1 try, gives up in ");
    assert!(said.raw_stderr.contains(&line), "{said}");
    said.says("try: start the SSH server of this machine, or name its port as `ssh.port`");
    desk.hoist("plan terminate demo").exit(0);
    // In the other notation's words.
    desk.config(&format!("Host 127.*\n  Port {port}\n"));
    desk.file("top.conf", "[runlevels]\nlevel1: level.conf\n");
    desk.file("level.conf", "[svc-a]\nhostname: 127.0.0.1\nbootpgm: true.sh\npgm_timeout: 2\n");
    let said = desk.hoist("plan boot top.conf -n conf").exit(1);
    said.says("`local_exe: true` runs the programs here").says("a longer `pgm_timeout`").never_says("run_on");
    desk.hoist("plan terminate conf").exit(0);
}

#[tokio::test]
async fn a_refused_login_is_told_with_its_remedy_in_the_plans_words() {
    let Some(desk) = Desk::new() else { return };
    let (address, port) = crate::ssh::lab::free_address();
    let machine = desk.machine(&address, port).await;
    desk.know(&format!("[{address}]:{port}"), &machine);
    desk.config(&format!("Host {address}\n  Port {port}\n"));
    desk.file("top.conf", "[runlevels]\nlevel1: level.conf\n");
    let key = desk.path("other");
    hoist_test_support::machine::generate_key(&key);
    desk.file(
        "level.conf",
        &format!(
            "[svc-a]\nhostname: {address}\nbootpgm: true.sh\nssh_username: admin\nlocalsshkeypath: {}\n",
            key.display()
        ),
    );
    let said = desk.hoist("plan boot top.conf -n demo").exit(1);
    said.says("does not let us in with the key")
        .says("try: `ssh_username` says as whom and `localsshkeypath` with what")
        .says("~/.ssh/authorized_keys")
        .never_says("ssh.key");
    desk.hoist("plan terminate demo").exit(0);
}
