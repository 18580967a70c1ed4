//! Certificates for tests, made by the openssl program, which comes with PostgreSQL.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// An authority, and what it signed: `server` for the host `localhost`, and `spectrum` for the user of that name.
pub(crate) struct Certificates(TempDir);

impl Certificates {
    pub(crate) fn make() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        for authority in ["authority", "stranger"] {
            made.openssl(&format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.crt"
            ));
        }
        for (name, extension) in
            [("server", "subjectAltName=DNS:localhost"), ("spectrum", "extendedKeyUsage=clientAuth")]
        {
            made.openssl(&format!(
                "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
            ));
            std::fs::write(made.0.path().join("extensions"), extension).unwrap();
            made.openssl(&format!(
                "x509 -req -in {name}.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 2 -extfile extensions \
                 -out {name}.crt"
            ));
        }
        // As in PostgreSQL's manual: signed by itself, an authority by default.
        made.openssl("req -new -x509 -days 2 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -newkey rsa:2048 \
                      -keyout alone.key -out alone.crt");
        made
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &str) {
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
