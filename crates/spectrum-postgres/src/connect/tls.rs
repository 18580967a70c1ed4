//! Encryption: which of libpq's modes is wanted, and the client that does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::given::Given;
use super::verifier::{Check, Verifier};

/// Encrypts connections.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) client: MakeRustlsConnect,
    pub(super) config: Arc<ClientConfig>,
}

/// libpq's `sslmode`, with `allow` taken for `prefer`: a client that can encrypt has no reason to ask for less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub(super) struct TlsSettings {
    pub(super) mode: Mode,
    /// TLS without PostgreSQL's question first, which version 17 knows.
    pub(super) direct: bool,
    roots: Roots,
    /// The client's certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
    only_tls13: bool,
    names_the_host: bool,
}

/// Whom to trust.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Roots {
    System,
    File(PathBuf),
    /// The file that nobody named, which need not exist.
    DefaultFile(PathBuf),
}

impl TlsSettings {
    pub(super) fn of(given: &Given, home: &Path) -> Result<Self, String> {
        let folder = home.join(".postgresql");
        let roots = match given.text("sslrootcert") {
            Some("system") => Roots::System,
            Some(file) => Roots::File(file.into()),
            None => Roots::DefaultFile(folder.join("root.crt")),
        };
        let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
        let mode = match (given.one_of("sslmode", &modes)?, &roots) {
            (Some("disable"), _) => Mode::Disable,
            // Anybody can have a certificate that the system trusts, so only the name says whose it is.
            (None | Some("verify-full"), Roots::System) => Mode::VerifyFull,
            (Some(weaker), Roots::System) => {
                return Err(format!(
                    "sslmode {weaker} is too weak for sslrootcert=system; use sslmode=verify-full"
                ));
            }
            (Some("require"), _) => Mode::Require,
            (Some("verify-ca"), _) => Mode::VerifyCa,
            (Some("verify-full"), _) => Mode::VerifyFull,
            _ => Mode::Prefer,
        };
        let direct = given.one_of("sslnegotiation", &["postgres", "direct"])? == Some("direct");
        if direct && matches!(mode, Mode::Disable | Mode::Prefer) {
            return Err("sslnegotiation=direct needs sslmode=require, verify-ca or verify-full".into());
        }
        let file =
            |name: &str, default: &str| given.text(name).map_or_else(|| folder.join(default), PathBuf::from);
        let identity = (file("sslcert", "postgresql.crt"), file("sslkey", "postgresql.key"));
        let is_named = given.text("sslcert").is_some() || given.text("sslkey").is_some();
        let versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
        Ok(Self {
            mode,
            direct,
            roots,
            identity: (is_named || (identity.0.is_file() && identity.1.is_file())).then_some(identity),
            only_tls13: given.one_of("ssl_min_protocol_version", &versions)? == Some("TLSv1.3"),
            names_the_host: given.one_of("sslsni", &["0", "1"])? != Some("0"),
        })
    }

    /// What encrypts; `None` when nothing shall. Files are read now, so that a changed certificate is seen.
    pub(super) fn connector(&self) -> Result<Option<Connector>, String> {
        let check = match self.mode {
            Mode::Disable => return Ok(None),
            Mode::Prefer => Check::Nothing,
            // As in libpq: roots that are given are meant to be used.
            Mode::Require => match &self.roots {
                Roots::DefaultFile(file) if !file.is_file() => Check::Nothing,
                _ => Check::Trust,
            },
            Mode::VerifyCa => Check::Trust,
            Mode::VerifyFull => Check::TrustAndName,
        };
        let provider = Arc::new(ring::default_provider());
        let (roots, themselves) = match check {
            Check::Nothing => (RootCertStore::empty(), Vec::new()),
            _ => self.roots.read()?,
        };
        let versions = if self.only_tls13 { vec![&TLS13] } else { vec![&TLS13, &TLS12] };
        let verifier = Verifier::new(check, roots, themselves, Arc::clone(&provider));
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => config.with_no_client_auth(),
            Some((certificates, key)) => {
                let chain = certificates_in(certificates, "sslcert")?;
                let unusable = |error: rustls::Error| format!("sslcert {}: {error}", certificates.display());
                config.with_client_auth_cert(chain, key_in(key)?).map_err(unusable)?
            }
        };
        config.enable_sni = self.names_the_host;
        // Required by servers for a direct handshake, and by no other.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Some(Connector { client: MakeRustlsConnect::new(config.clone()), config: Arc::new(config) }))
    }

    /// Where the roots come from, for messages.
    pub(super) fn roots_in_words(&self) -> String {
        match &self.roots {
            Roots::System => "the system's roots".into(),
            Roots::File(file) | Roots::DefaultFile(file) => file.display().to_string(),
        }
    }
}

impl Roots {
    /// The roots, and the certificates that are trusted by themselves.
    fn read(&self) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), String> {
        let certificates = match self {
            Self::System => {
                let found = rustls_native_certs::load_native_certs();
                if found.certs.is_empty() {
                    return Err("the system has no root certificates; install them (Debian: ca-certificates), or name a \
                                file with sslrootcert"
                        .into());
                }
                found.certs
            }
            Self::DefaultFile(file) if !file.is_file() => {
                return Err(format!(
                    "there is no root certificate {}; name one with sslrootcert (PGSSLROOTCERT), or use sslrootcert=system",
                    file.display()
                ));
            }
            Self::File(file) | Self::DefaultFile(file) => certificates_in(file, "sslrootcert")?,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let themselves = if *self == Self::System { Vec::new() } else { certificates };
        Ok((roots, themselves))
    }
}

fn certificates_in(file: &Path, setting: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable =
        |why: &dyn std::fmt::Display| format!("{setting} {} cannot be read: {why}", file.display());
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(unreadable(&"it holds no certificate in PEM form"));
    }
    Ok(certificates)
}

fn key_in(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    #[cfg(unix)]
    if let Ok(metadata) = file.metadata() {
        use std::os::unix::fs::MetadataExt;
        // libpq's rule: private, or root's and readable for its group.
        let allowed = if metadata.uid() == 0 { 0o040 } else { 0 };
        if metadata.mode() & 0o077 & !allowed != 0 {
            let file = file.display();
            return Err(format!(
                "sslkey {file} is not used, because others can read it; run chmod 600 {file}"
            ));
        }
    }
    PrivateKeyDer::from_pem_file(file).map_err(|error| {
        format!(
            "sslkey {} cannot be read: {error} (it must be a PEM file without a passphrase)",
            file.display()
        )
    })
}
