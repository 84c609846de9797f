//! Private keys are seen nowhere but in their files.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hoist::provider::{Host, Upload};

use crate::ssh::lab::{BASE, Lab, output};
use hoist_test_support::tree::files;

#[tokio::test]
async fn keys_and_what_is_uploaded_show_in_no_list_of_processes_and_in_no_other_file() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let ephemeral = lab.keys.ephemeral("a1").unwrap().private.expose().to_owned();
    let ephemeral = ephemeral.lines().nth(2).unwrap().to_owned();
    let own = std::fs::read_to_string(lab.key()).unwrap().lines().nth(2).unwrap().to_owned();
    let uploaded = "swordfish-17".to_owned();
    let secrets = [ephemeral, own, uploaded.clone()];
    let ends = Arc::new(AtomicBool::new(false));
    let looking = std::thread::spawn({
        let (secrets, ends) = (secrets.clone(), ends.clone());
        move || {
            let (mut lines, mut hits) = (0, Vec::new());
            while !ends.load(Ordering::Relaxed) {
                std::thread::sleep(std::time::Duration::from_millis(1));
                for entry in std::fs::read_dir("/proc").unwrap().flatten() {
                    for file in ["cmdline", "environ"] {
                        let Ok(text) = std::fs::read(entry.path().join(file)) else { continue };
                        let text = String::from_utf8_lossy(&text).into_owned();
                        lines += 1;
                        if secrets.iter().any(|secret| text.contains(secret)) {
                            hits.push(text);
                        }
                    }
                }
            }
            (lines, hits)
        }
    });
    let host = lab.reached(&machine).await;
    let path = std::path::Path::new(BASE).join("web/bootconf.json");
    host.upload(&Upload { path, content: uploaded.into_bytes(), mode: 0o600 }).await.unwrap();
    output(&host, "reads", &format!("cat {BASE}/web/bootconf.json > /dev/null")).await;
    ends.store(true, Ordering::Relaxed);
    let (lines, hits) = looking.join().unwrap();
    assert!(lines > 100, "{lines}");
    assert_eq!(hits, [] as [String; 0]);
    // Of what hoist wrote: the ephemeral one has served, the user's own was never copied.
    for file in files(&lab.directory.path().join("ssh")) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{}", file.display());
        assert!(!text.contains("PRIVATE KEY"), "{}", file.display());
    }
}
