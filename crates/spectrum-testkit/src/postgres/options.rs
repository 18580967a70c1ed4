//! What a private server should be like, beyond the plain one.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// How to start a private server. The default listens on its socket only and trusts everybody there.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    tcp: bool,
    certificate: Option<(PathBuf, PathBuf)>,
    client_root: Option<PathBuf>,
    settings: String,
    access: String,
    pub(super) programs: Option<PathBuf>,
}

impl ServerOptions {
    /// Listens at 127.0.0.1 on a free port as well, where a password is asked for (scram-sha-256).
    #[must_use]
    pub fn tcp(self) -> Self {
        Self { tcp: true, ..self }
    }

    /// Encrypts TCP connections with this certificate and key, both PEM files.
    #[must_use]
    pub fn tls(self, certificate: &Path, key: &Path) -> Self {
        let certificate = Some((certificate.to_owned(), key.to_owned()));
        Self { certificate, tcp: true, ..self }
    }

    /// Knows clients by certificates that this PEM file vouches for; `access` says who needs one.
    #[must_use]
    pub fn client_root(self, root: &Path) -> Self {
        Self { client_root: Some(root.to_owned()), ..self }
    }

    /// Adds a line to postgresql.conf, as in `max_connections = 3`. The private server's own
    /// settings (time zone, durability, `wal_level`) come before it.
    #[must_use]
    pub fn setting(mut self, line: &str) -> Self {
        let _ = writeln!(self.settings, "{line}");
        self
    }

    /// Adds a line to pg_hba.conf, before those that trust the socket and ask for passwords.
    #[must_use]
    pub fn access(mut self, line: &str) -> Self {
        let _ = writeln!(self.access, "{line}");
        self
    }

    /// Takes the server's programs from this folder, wherever the usual ones are.
    #[must_use]
    pub fn programs(self, folder: &Path) -> Self {
        Self { programs: Some(folder.to_owned()), ..self }
    }

    /// Puts into the folder what `watchdog.sh` looks for, and returns the port.
    pub(super) fn write_into(&self, folder: &Path) -> Result<Option<u16>> {
        let copy = |from: &Path, name: &str| {
            fs::copy(from, folder.join(name)).with_context(|| format!("copying {}", from.display()))
        };
        let mut settings = self.settings.clone();
        if let Some((certificate, key)) = &self.certificate {
            settings.push_str("ssl = on\n");
            copy(certificate, "server.crt")?;
            copy(key, "server.key")?;
        }
        if let Some(root) = &self.client_root {
            settings.push_str("ssl_ca_file = 'root.crt'\n");
            copy(root, "root.crt")?;
        }
        fs::write(folder.join("settings.conf"), settings)?;
        let usual = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(folder.join("hba.conf"), format!("{}{usual}", self.access))?;
        if !self.tcp {
            return Ok(None);
        }
        // The port is free now; if another process takes it before the server does, the start fails.
        Ok(Some(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port()))
    }
}
