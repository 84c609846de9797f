//! Finds the address from which this machine is seen.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _, UdpSocket};

use super::cidr::Cidr;
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind};

/// AWS's own service that returns the address of its caller.
pub const WHAT_IS_MY_ADDRESS: &str = "https://checkip.amazonaws.com";

/// Maximum length of an answer in bytes; longer than any address.
const LONGEST: usize = 64;

/// Hint if the address cannot be found.
const HINT: &str = "--from CIDR says from where the pool is reached, such as --from 192.0.2.7/32";

/// Returns the network of this machine alone, as the cloud of `session` sees it: on AWS by asking
/// [`WHAT_IS_MY_ADDRESS`], with an endpoint of its own from the local address of the route there.
pub(super) async fn caller(session: &AwsSession) -> Result<Cidr, CloudError> {
    let address = match session.endpoint().await? {
        Some(endpoint) => address_towards(endpoint)?,
        None => address_said(session, WHAT_IS_MY_ADDRESS).await?,
    };
    Ok(Cidr::host(address))
}

/// Returns the address that `url` answers with; the answer must contain only the address.
///
/// # Errors
/// No answer, or another one; the hint is to give `--from`.
pub async fn address_said(session: &AwsSession, url: &str) -> Result<IpAddr, CloudError> {
    let said = session.fetch(url, LONGEST).await.map_err(|reason| unknown(&format!("{url}: {reason}")))?;
    let address: IpAddr =
        said.trim().parse().map_err(|_| unknown(&format!("{url} answers with something that is no address")))?;
    usable(address).ok_or_else(|| unknown(&format!("{url} answers with {address}, which is nobody's")))
}

/// Returns the local address of the route to an endpoint, such as `http://192.0.2.1:8773/`. Sends nothing.
///
/// # Errors
/// The endpoint's name has no address, or there is no route to it; the hint is to give `--from`.
pub fn address_towards(endpoint: &str) -> Result<IpAddr, CloudError> {
    let no_way = |reason: String| unknown(&format!("there is no way to {endpoint}: {reason}"));
    let server = socket_address(endpoint).map_err(|error| no_way(error.to_string()))?;
    // Connecting a datagram socket selects a route without sending anything.
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let chosen = UdpSocket::bind(any).and_then(|socket| {
        socket.connect(server)?;
        socket.local_addr()
    });
    let address = chosen.map_err(|error| no_way(error.to_string()))?.ip();
    usable(address).ok_or_else(|| no_way(format!("it would be from {address}, which is nobody's")))
}

/// Why an endpoint has no address.
#[derive(Debug, thiserror::Error)]
enum EndpointAddressError {
    #[error("it has no scheme")]
    NoScheme,
    #[error("{0}")]
    Unresolved(#[from] io::Error),
    #[error("{0} has no address")]
    NoAddress(String),
}

fn socket_address(endpoint: &str) -> Result<SocketAddr, EndpointAddressError> {
    let (scheme, rest) = endpoint.split_once("://").ok_or(EndpointAddressError::NoScheme)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if scheme == "https" { 443 } else { 80 };
    let place = if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
    let found = place.to_socket_addrs()?.next();
    found.ok_or(EndpointAddressError::NoAddress(place))
}

/// Returns the canonical address unless it is unspecified or multicast.
fn usable(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    (!address.is_unspecified() && !address.is_multicast()).then_some(address)
}

fn unknown(reason: &str) -> CloudError {
    let message = format!("cannot find the address from which this machine is seen: {reason}");
    CloudError::new(CloudErrorKind::Rejected, message).hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_an_endpoint_tells_the_address() {
        for endpoint in ["http://127.0.0.1:5000", "http://127.0.0.1/services/Cloud", "https://127.0.0.1"] {
            assert_eq!(address_towards(endpoint).unwrap(), IpAddr::from([127, 0, 0, 1]), "{endpoint}");
        }
        for nowhere in ["http://no.such.host.invalid:1", "127.0.0.1:5000", "http://"] {
            let error = address_towards(nowhere).unwrap_err();
            assert!(error.message.contains("there is no way to"), "{error:?}");
            assert!(error.hint.unwrap().contains("--from CIDR"));
        }
    }

    #[test]
    fn addresses_of_nobody_are_none() {
        for nobody in ["0.0.0.0", "::", "224.0.0.1", "ff02::1"] {
            assert_eq!(usable(nobody.parse().unwrap()), None, "{nobody}");
        }
        assert_eq!(usable("::ffff:192.0.2.7".parse().unwrap()), Some(IpAddr::from([192, 0, 2, 7])));
    }
}
