//! What makes a server's certificate good enough.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// The provider that the verifier and the client share.
pub(super) type Provider = Arc<CryptoProvider>;

/// What is asked of a certificate. That the server holds its key is asked always, because channel binding rests on
/// it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Check {
    Nothing,
    /// One of the roots vouches for it.
    Trust,
    /// And it was made out for this host.
    TrustAndName,
}

#[derive(Debug)]
pub(super) struct Verifier {
    check: Check,
    roots: RootCertStore,
    /// Certificates that are trusted as they stand. PostgreSQL's manual has a server certificate signed by itself as
    /// the first example, and chains of trust alone would refuse it as an authority that acts as a server.
    themselves: Vec<CertificateDer<'static>>,
    provider: Provider,
}

impl Verifier {
    pub(super) fn new(
        check: Check,
        roots: RootCertStore,
        themselves: Vec<CertificateDer<'static>>,
        provider: Provider,
    ) -> Self {
        Self { check, roots, themselves, provider }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.check == Check::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        if !self.themselves.contains(certificate) {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        }
        if self.check == Check::TrustAndName {
            verify_server_name(&parsed, host)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
