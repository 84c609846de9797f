use std::io;
use std::sync::Arc;
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

/// Connects to a server, and verifies it where the scheme asks for TLS.
pub(in crate::batch) async fn connect(
    address: &Address,
    trust: &Trust,
    limit: Duration,
) -> Result<Box<dyn Stream>, NetError> {
    timeout(limit, open(address, trust)).await.unwrap_or(Err(NetError::ConnectTimeout(limit)))
}

async fn open(address: &Address, trust: &Trust) -> Result<Box<dyn Stream>, NetError> {
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
    if !address.is_secure() {
        return Ok(Box::new(tcp));
    }
    let config = trust.config()?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| NetError::UnknownHost(host.to_owned()))?;
    let secured = TlsConnector::from(Arc::clone(&config)).connect(name, tcp).await;
    Ok(Box::new(secured.map_err(|error| NetError::of_tls(&error))?))
}
