use std::io;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::net_error::NetError;
use super::trust::Trust;

/// A connection, with or without TLS.
pub(in crate::batch) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to a server, and verifies it where the scheme asks for TLS. Each of both takes at most `limit`.
pub(in crate::batch) async fn connect(
    address: &Address,
    trust: &Trust,
    limit: Duration,
) -> Result<Box<dyn Stream>, NetError> {
    let tcp = timeout(limit, open(address)).await.unwrap_or(Err(NetError::ConnectTimeout(limit)))?;
    if !address.is_secure() {
        return Ok(Box::new(tcp));
    }
    // A server without TLS at this port may wait for the end of a line for ever.
    timeout(limit, secure(tcp, address, trust)).await.unwrap_or(Err(NetError::TlsTimeout(limit)))
}

async fn open(address: &Address) -> Result<TcpStream, NetError> {
    let (host, port) = (address.host.as_str(), address.port());
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<_> = found.map_err(|_| NetError::UnknownHost(host.to_owned()))?.collect();
    if found.is_empty() {
        return Err(NetError::UnknownHost(host.to_owned()));
    }
    let tcp = TcpStream::connect(&*found).await.map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => NetError::Refused(port),
        _ => NetError::Unconnected(error),
    })?;
    // Requests are small and wait for their answers.
    let _ = tcp.set_nodelay(true);
    Ok(tcp)
}

async fn secure(tcp: TcpStream, address: &Address, trust: &Trust) -> Result<Box<dyn Stream>, NetError> {
    let host = address.host.clone();
    let name = ServerName::try_from(host).map_err(|_| NetError::UnknownHost(address.host.clone()))?;
    let secured = TlsConnector::from(trust.config()?).connect(name, tcp).await;
    Ok(Box::new(secured.map_err(|error| NetError::of_tls(&error))?))
}
