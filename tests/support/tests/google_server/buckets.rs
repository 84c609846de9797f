//! Buckets and their objects.

use hoist_test_support::google::{Faults, GoogleServer};
use hoist_test_support::judges::said;

use super::judge::python_with_google;

#[test]
fn googles_own_client_keeps_files_in_buckets() {
    let Some(server) = GoogleServer::start(Faults::default()) else { return };
    server.make_bucket("files");
    let judged = python_with_google("bucket.py").arg(server.endpoint()).output().unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
    assert_eq!(server.object("files", "one/two").as_deref(), Some(b"2".as_slice()));
    assert_eq!((server.object("files", "one/worker.ini"), server.count("storage.objects.delete")), (None, 1));
}
