//! coalition's own files as fleets.

use crate::lab::Lab;

/// coalition's `_cloud_aws.ini`, with what a user sets left empty.
const EMPTY: &str = "\
[authentication]
keyname=
accesskey=AKIAIOSFODNN7EXAMPLE
secretaccesskey=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[storage]
name=
mountpoint=/mnt/bucket
coalitionfilename=srv/coalition.tar.gz
[coalition]
ip =
prot = 19211
[worker]
nameprefix=cloud-
spot=false
imageid=
";

#[test]
fn what_workers_need_and_the_file_lacks_is_told_at_once_with_its_lines() {
    let lab = Lab::new();
    lab.file("cloud_aws.ini", EMPTY);
    let said = lab.hoist("elastic once --config cloud_aws.ini --dry-run").exit(1);
    for problem in [
        "cloud_aws.ini:6: ",
        "cloud_aws.ini:10: ",
        "cloud_aws.ini:15: ",
        "\"name\" in [storage] is not set",
        "\"ip\" in [coalition] is not set",
        "\"imageid\" in [worker] is not set",
        "\"instancetype\" in [worker] is not set",
        "cloud_aws.ini:11: ",
        "\"prot\"",
        "nothing was started",
    ] {
        assert!(said.stderr.contains(problem), "{problem}: {said}");
    }
    assert!(!said.stderr.contains("AKIA") && !said.stderr.contains("wJalr"), "{said}");
}
