//! Loopback addresses for instances, unique on the whole machine.

use std::io;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixListener;

use crate::host::protocol::socket_address;
use crate::os::digest_hex;

/// The maximum number of addresses tried. They are spread evenly over sixteen million, so that even with a million in
/// use this many clashes in a row do not happen.
const ATTEMPTS: u32 = 1000;

/// Claims an address that no other instance of any user on this machine has, and listens on the init's socket.
///
/// The claim is the name of the abstract socket: names are unique, and are released when the process that holds them
/// ends.
pub(super) fn claim(id: &str) -> io::Result<(UnixListener, String, Ipv4Addr)> {
    for attempt in 0..ATTEMPTS {
        let address = candidate(id, attempt);
        let name = format!("hoist-instance/{address}");
        match UnixListener::bind_addr(&socket_address(&name)?) {
            Ok(listener) => return Ok((listener, name, address)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, format!("none of {ATTEMPTS} loopback addresses is free")))
}

/// Returns the address for the given `attempt`: 127.X.Y.Z, outside 127.0, which other programs use.
fn candidate(id: &str, attempt: u32) -> Ipv4Addr {
    let digits = digest_hex(&[id.as_bytes(), &attempt.to_le_bytes()], 8);
    // Eight hexadecimal digits always make a number of 32 bits.
    let [x, y, z, _] = u32::from_str_radix(&digits, 16).unwrap_or_default().to_be_bytes();
    Ipv4Addr::new(127, x.clamp(1, 254), y, z.clamp(1, 254))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_stay_clear_of_what_others_use() {
        for number in 0..10_000 {
            let [first, second, _, last] = candidate(&format!("i-{number}"), number % 7).octets();
            assert_eq!(first, 127);
            assert!((1..=254).contains(&second) && (1..=254).contains(&last));
        }
    }

    #[test]
    fn an_address_in_use_is_passed_over() {
        let (_held, first_name, first) = claim("i-the-same").unwrap();
        let (_also, second_name, second) = claim("i-the-same").unwrap();
        assert_ne!((first_name, first), (second_name, second));
    }
}
