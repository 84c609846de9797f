use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// Address of this machine within an instance of the local cloud.
const OWN_ADDRESS: &str = "HOIST_ADDRESS";

/// An address that is in use nowhere (RFC 5737, TEST-NET-1), to which this machine has a route if it has one at all.
const ELSEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// Returns this machine's own address, which workers reach their pool at. On the local cloud that is the address of
/// the instance that this process runs in, or that of this machine for itself; elsewhere the one of its network
/// interface to the outside. None: it has none.
pub(super) fn manager_address(is_local: bool) -> Option<IpAddr> {
    if is_local {
        let own = std::env::var(OWN_ADDRESS).ok().and_then(|address| address.parse().ok());
        return Some(own.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Chooses the interface; nothing is sent.
    socket.connect(ELSEWHERE).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_unspecified())
}
