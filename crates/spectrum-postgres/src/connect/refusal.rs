//! Why a server did not let us in, with a remedy.

use std::error::Error as _;
use std::io;

use postgres::error::{DbError, SqlState};
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::hosts::Host;
use super::settings::Settings;
use super::wire::NO_TLS;
use crate::error::{chain, words};

/// What else is known of an attempt.
pub(super) struct Attempt<'a> {
    pub(super) settings: &'a Settings,
    pub(super) host: &'a Host,
    /// Where the password came from, if there was one.
    pub(super) password_from: Option<String>,
    /// Why the password file was not used.
    pub(super) passfile: Option<String>,
}

/// The reason in words.
pub(super) fn why(error: &postgres::Error, attempt: &Attempt<'_>) -> String {
    if let Some(db) = error.as_db_error() {
        return of_server(db, attempt);
    }
    if let Some(tls) = tls_cause(error) {
        return of_tls(tls, attempt);
    }
    // The client has no other way to report some of these.
    let text = chain(error);
    if text.contains("password missing") {
        return format!(
            "the server asks for a password, and there is none; set PGPASSWORD, or write a line into ~/.pgpass{}",
            attempt.passfile_note()
        );
    }
    if text.contains(NO_TLS) {
        return "the server does not encrypt (ssl is off there), and sslmode asks for it; switch it on at the server, or \
                use sslmode=prefer"
            .into();
    }
    if let Some(io) = io_cause(error) {
        return of_io(io, attempt.host, &text);
    }
    match error.is_closed() {
        true => "the server closed the connection; is what listens there PostgreSQL?".into(),
        false => text,
    }
}

impl Attempt<'_> {
    fn passfile_note(&self) -> String {
        self.passfile.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
    }
}

/// What the server said.
fn of_server(db: &DbError, attempt: &Attempt<'_>) -> String {
    let Settings { user, database, .. } = attempt.settings;
    let said = words(db);
    let code = db.code();
    if *code == SqlState::INVALID_PASSWORD {
        let note = attempt.passfile_note();
        return match &attempt.password_from {
            Some(from) => {
                format!("the server refuses the password of user '{user}', which came from {from}{note}")
            }
            None => format!(
                "the server refuses user '{user}' without a password; set PGPASSWORD or write ~/.pgpass{note}"
            ),
        };
    }
    if *code == SqlState::INVALID_CATALOG_NAME {
        return format!(
            "there is no database '{database}' on this server; create it (createdb), or name another"
        );
    }
    if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        // One code for several causes; the file's name stands in the message in every language.
        return if said.contains("pg_hba.conf") {
            format!(
                "the server's pg_hba.conf lets nobody in as user '{user}' to database '{database}' from here this way \
                 ({said}); add a line there and reload it, or connect in another way"
            )
        } else if said.contains("does not exist") {
            format!("there is no role '{user}' on this server; create it (createuser), or name another user")
        } else {
            format!(
                "the server does not let us in as user '{user}' ({said}); name another user, or connect through TCP with \
                 a password (host=localhost)"
            )
        };
    }
    if *code == SqlState::CANNOT_CONNECT_NOW {
        return format!("the server does not take connections now ({said}); try again in a moment");
    }
    if *code == SqlState::TOO_MANY_CONNECTIONS {
        return format!("the server has no connection left ({said}); close some, or raise max_connections");
    }
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return format!(
            "user '{user}' may not connect to database '{database}' ({said}); GRANT CONNECT allows it"
        );
    }
    said
}

fn of_tls(error: &TlsError, attempt: &Attempt<'_>) -> String {
    let roots = attempt.settings.tls.roots_in_words();
    let host = &attempt.host.name;
    match error {
        TlsError::InvalidCertificate(problem) => match problem {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
                "the server's certificate is not made out for '{host}' ({problem}); connect by a name that it has, or use \
                 sslmode=verify-ca if any server with a certificate of {roots} will do"
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("the server's certificate is no longer valid ({problem}); renew it at the server")
            }
            _ => format!(
                "the server's certificate is not trusted by {roots} ({problem}); name the file of whoever signed it with \
                 sslrootcert"
            ),
        },
        TlsError::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        ) => {
            format!(
                "the server refused the encrypted connection ({error}); it may ask for a client certificate: name one with sslcert and sslkey"
            )
        }
        TlsError::AlertReceived(_) => {
            format!(
                "the server refused the encrypted connection ({error}); does it trust the client certificate?"
            )
        }
        _ => format!("the encrypted connection failed: {error}"),
    }
}

/// What the system said.
pub(super) fn of_io(error: &io::Error, host: &Host, all: &str) -> String {
    let socket = host.socket_folder().map(|folder| folder.join(format!(".s.PGSQL.{}", host.port)));
    match (error.kind(), socket) {
        (io::ErrorKind::NotFound, Some(socket)) => format!(
            "there is no socket {}; is the server running on this machine, and is that its folder and port? PGHOST or \
             the URL of the database names another host",
            socket.display()
        ),
        (io::ErrorKind::ConnectionRefused, Some(socket)) => {
            format!("no server listens at the socket {}; is it running?", socket.display())
        }
        (io::ErrorKind::ConnectionRefused, None) => {
            format!(
                "nothing listens at {host} (connection refused); is the server running, and is that its port?"
            )
        }
        (io::ErrorKind::PermissionDenied, Some(socket)) => {
            format!("no permission for the socket {}; connect through TCP (host=localhost)", socket.display())
        }
        (io::ErrorKind::TimedOut, _) => silent(host),
        (io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset, _) => {
            format!("{host} closed the connection at once; is what listens there PostgreSQL?")
        }
        _ => all.to_owned(),
    }
}

/// The reason when nobody answers.
pub(super) fn silent(host: &Host) -> String {
    format!(
        "no answer from {host}; is the host right, is a firewall between? connect_timeout (PGCONNECT_TIMEOUT) waits longer"
    )
}

/// Whether an error came from the encryption.
pub(super) fn is_tls(error: &postgres::Error) -> bool {
    tls_cause(error).is_some()
}

fn tls_cause(error: &postgres::Error) -> Option<&TlsError> {
    // An io::Error passes over what it holds when it is asked for its source.
    io_cause(error)?.get_ref()?.downcast_ref()
}

fn io_cause(error: &postgres::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref()
}
