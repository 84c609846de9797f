//! Files on hosts.

use std::path::Path;

use hoist::provider::{Host, HostError, Upload};

use crate::ssh::lab::{BASE, Lab, output};

fn file(name: &str, content: &[u8], mode: u32) -> Upload {
    Upload { path: Path::new(BASE).join(name), content: content.to_vec(), mode }
}

#[tokio::test]
async fn files_come_and_go_whole() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-files", "a1");
    let host = lab.reached(&machine).await;
    assert_eq!(host.stage_base(), Path::new(BASE));
    let binary: Vec<u8> = (0..3_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, content) in [("web/big", &binary[..]), ("web/it's $(a) file", b"\0\n'\"\xff"), ("web/empty", b"")] {
        host.upload(&file(name, content, 0o600)).await.unwrap();
        let path = Path::new(BASE).join(name);
        assert!(host.download(&path, content.len()).await.unwrap().unwrap() == content, "{name}");
        if !content.is_empty() {
            let error = host.download(&path, content.len() - 1).await.unwrap_err();
            assert!(matches!(&error, HostError::Failed(reason) if reason.contains("more than")), "{error}");
        }
    }
    host.upload(&file("web/program", b"#!/bin/sh\necho \"$0\" ran\n", 0o755)).await.unwrap();
    host.upload(&file("web/program", b"#!/bin/sh\necho \"$0\" ran again\n", 0o755)).await.unwrap();
    assert_eq!(output(&host, "run", &format!("{BASE}/web/program")).await, format!("{BASE}/web/program ran again"));
    let modes =
        format!("stat -c '%a %n' {BASE} {BASE}/web {BASE}/web/empty {BASE}/web/program; ls -A {BASE}/web | wc -l");
    assert_eq!(
        output(&host, "modes", &modes).await,
        format!("1777 {BASE}\n755 {BASE}/web\n600 {BASE}/web/empty\n755 {BASE}/web/program\n4")
    );
    assert_eq!(host.download(&Path::new(BASE).join("web/none"), 10).await.unwrap(), None);
    assert!(matches!(host.download(&Path::new(BASE).join("web"), 10).await, Err(HostError::Failed(_))));
    host.remove(&Path::new(BASE).join("web")).await.unwrap();
    host.remove(&Path::new(BASE).join("web")).await.unwrap();
    assert!(!machine.file(&format!("{BASE}/web")).exists());
}

#[tokio::test]
async fn what_is_not_ours_is_not_used() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-theirs", "a1");
    let host = lab.reached(&machine).await;
    let base = machine.file(BASE);
    let refused = |done: Result<(), HostError>| {
        assert!(matches!(&done, Err(HostError::Failed(reason)) if reason.contains("is not ours")), "{done:?}");
    };
    std::fs::create_dir(&base).unwrap();
    std::os::unix::fs::chown(&base, Some(7002), None).unwrap();
    refused(host.upload(&file("web/x", b"x", 0o600)).await);
    std::fs::remove_dir(&base).unwrap();
    std::fs::create_dir(machine.file("/var/tmp/elsewhere")).unwrap();
    std::os::unix::fs::symlink("/var/tmp/elsewhere", &base).unwrap();
    refused(host.upload(&file("web/x", b"x", 0o600)).await);
    refused(host.run(&crate::ssh::lab::shell("k", "true")).await.map(drop));
    assert_eq!(std::fs::read_dir(machine.file("/var/tmp/elsewhere")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_mounted_or_read_only_is_told_apart() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-remove", "a1");
    let host = lab.reached(&machine).await;
    host.upload(&file("web/deep/file", b"x", 0o400)).await.unwrap();
    // Only another user than root is kept from anything by permissions.
    output(
        &host,
        "lock",
        &format!("chmod 500 {BASE}/web/deep {BASE}/web; mkdir -p {BASE}/other; mount --bind /run {BASE}/other"),
    )
    .await;
    host.remove(&Path::new(BASE).join("web")).await.unwrap();
    let error = host.remove(&Path::new(BASE).join("other")).await.unwrap_err();
    assert!(matches!(&error, HostError::Failed(reason) if reason.contains("is mounted there")), "{error}");
    for path in ["/", "relative"] {
        assert!(matches!(host.remove(Path::new(path)).await, Err(HostError::Failed(_))), "{path}");
    }
}
