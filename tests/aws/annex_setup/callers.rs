//! From which address this machine is seen.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener};

use hoist::cloud::aws::annex::address_said;

use crate::annex_setup::lab::{Keys, Lab, run, session};
use hoist_test_support::aws::Faults;

/// What is found when a server answers with this.
fn said(answer: &'static [u8]) -> Result<IpAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut asked = [0; 1024];
        let length = connection.read(&mut asked).unwrap();
        assert!(asked[..length].starts_with(b"GET / HTTP/1.1"));
        // A client that has read enough goes away.
        let _ = connection.write_all(answer);
    });
    let session = session(&url, &Keys::default());
    let address = run(address_said(&session, &url));
    server.join().unwrap();
    address.map_err(|error| {
        assert!(error.hint.as_deref().unwrap().contains("--from CIDR"), "{error:?}");
        error.message
    })
}

#[test]
fn an_address_and_nothing_else_is_taken() {
    let v4 = said(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n192.0.2.7\n");
    assert_eq!(v4, Ok(IpAddr::from([192, 0, 2, 7])));
    let v6 = said(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n2001:db8::1");
    assert_eq!(v6, Ok("2001:db8::1".parse().unwrap()));
    for (answer, why) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n192.0.2.7/32"[..], "no address"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n<html>log in</html>\n", "no address"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n0.0.0.0", "nobody's"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe", "no text"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "no address"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 9\r\n\r\n192.0.2.7", "HTTP status 503"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n192.0.2.7", ""),
        (&[b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b'1'; 4096]].concat().leak()[..], "more than 64 bytes"),
    ] {
        let error = said(answer).unwrap_err();
        assert!(error.contains("cannot find the address") && error.contains(why), "{error}");
    }
}

#[test]
fn where_nobody_answers_it_is_said() {
    // No program is given a port below 1024 by chance.
    let url = "http://127.0.0.1:9";
    let error = run(address_said(&session(url, &Keys::default()), url)).unwrap_err();
    assert!(error.message.contains(url) && error.hint.unwrap().contains("--from CIDR"), "{}", error.message);
}

#[test]
fn with_an_own_endpoint_it_is_the_address_that_reaches_it() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    assert_eq!(run(lab.set_up.caller()).unwrap().to_string(), "127.0.0.1/32");
}
