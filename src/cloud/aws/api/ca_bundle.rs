//! The certificates that API endpoints are verified against.

use std::path::PathBuf;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::config::AwsEnvironment;
use super::tls::Tls;
use crate::plan::{MAX_TEXT, read_file};
use crate::provider::{CloudError, CloudErrorKind};

/// Returns the certificates of `AWS_CA_BUNDLE` alone where it is set, as AWS's own tools do, else those of the system,
/// which may have none unless they are needed.
///
/// # Errors
/// There are no certificates, or the file has other content. Checked here, since the HTTP client would end the process.
pub(super) fn trust(environment: &AwsEnvironment, tls: Tls) -> Result<TlsContext, CloudError> {
    let store = match environment.get("AWS_CA_BUNDLE").map(PathBuf::from) {
        Some(path) => {
            let refused = |reason: String| {
                let message = format!("cannot use the certificates in {}: {reason}", path.display());
                CloudError::new(CloudErrorKind::Rejected, message)
                    .hint("AWS_CA_BUNDLE must name a file of PEM certificates")
            };
            let content = read_file(&path, MAX_TEXT).map_err(|error| refused(error.to_string()))?;
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(&content) {
                let certificate = certificate.map_err(|_| refused("it is no PEM".to_owned()))?;
                roots.add(certificate).map_err(|error| refused(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(refused("there are none".to_owned()));
            }
            TrustStore::empty().with_pem_certificate(content)
        }
        None if tls == Tls::Never => TrustStore::empty(),
        None if !rustls_native_certs::load_native_certs().certs.is_empty() => {
            TrustStore::empty().with_native_roots(true)
        }
        None if tls == Tls::Perhaps => TrustStore::empty(),
        None => {
            let message = "this machine has no certificates of authorities, so no API could prove what it is";
            return Err(CloudError::new(CloudErrorKind::Rejected, message)
                .hint("install them (Debian: apt install ca-certificates), or let AWS_CA_BUNDLE name a file"));
        }
    };
    TlsContext::builder()
        .with_trust_store(store)
        .build()
        .map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot set up TLS: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_must_hold_certificates() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("bundle.pem");
        let complaint = |content: Option<&str>| {
            let _ = std::fs::remove_file(&file);
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let path = file.to_str().unwrap().to_owned();
            let environment = AwsEnvironment::from_fn(move |name| (name == "AWS_CA_BUNDLE").then(|| path.clone()));
            trust(&environment, Tls::Always).err().map(|error| error.message).unwrap_or_default()
        };
        assert!(complaint(None).contains("cannot use the certificates in"));
        assert!(complaint(Some("hello")).contains("there are none"));
        let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(complaint(Some(broken)).contains("it is no PEM"));
    }
}
