use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The certificates of authorities that servers are verified against. Cheap to copy; loaded at the first use.
#[derive(Clone, Default)]
pub struct Trust(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// None: those of the system.
    only: Option<Vec<CertificateDer<'static>>>,
    config: OnceLock<Arc<ClientConfig>>,
}

/// Why there are no usable certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The system has none.
    #[error("this machine has no certificates of authorities, so no server could prove what it is")]
    None,
    /// A text holds none.
    #[error("there are no certificates in it")]
    Empty,
    /// A certificate cannot be read.
    #[error("a certificate cannot be read")]
    Unreadable,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

impl Trust {
    /// Trusts the authorities of the system, or those of the file that `SSL_CERT_FILE` names.
    pub fn of_system() -> Self {
        Self::default()
    }

    /// Trusts these certificates alone, in PEM.
    ///
    /// # Errors
    /// There are none, or one cannot be read.
    pub fn of_pem(text: &[u8]) -> Result<Self, TrustError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let certificates = certificates.map_err(|_| TrustError::Unreadable)?;
        if certificates.is_empty() {
            return Err(TrustError::Empty);
        }
        Ok(Self(Arc::new(Inner { only: Some(certificates), config: OnceLock::new() })))
    }

    /// Returns the settings of TLS.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        if let Some(config) = self.0.config.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = RootCertStore::empty();
        match &self.0.only {
            // Old certificates of the system that cannot be used are passed over.
            None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
            Some(certificates) => {
                for certificate in certificates {
                    roots.add(certificate.clone()).map_err(|_| TrustError::Unreadable)?;
                }
            }
        }
        if roots.is_empty() {
            return Err(TrustError::None);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| TrustError::Setup(error.to_string()))?;
        let config = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
        Ok(Arc::clone(self.0.config.get_or_init(|| config)))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("only", &self.0.only.as_ref().map(Vec::len)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_certificates_are_refused() {
        assert_eq!(Trust::of_pem(b"hello").unwrap_err(), TrustError::Empty);
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert_eq!(Trust::of_pem(broken).unwrap_err(), TrustError::Unreadable);
    }
}
