//! What a connection needs to know, put together from a connection string, the `PG*` variables and defaults.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::config::ChannelBinding;

use super::given::{Given, Origin};
use super::hosts::{Host, hosts};
use super::session::Session;
use super::tls::TlsSettings;

/// Checked settings.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) hosts: Vec<Host>,
    pub(super) random_order: bool,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Option<Password>,
    pub(super) passfile: Option<PathBuf>,
    pub(super) tls: TlsSettings,
    pub(super) channel_binding: ChannelBinding,
    pub(super) session: Session,
    pub(super) options: Option<String>,
    /// For each address; `None` waits as long as the system does.
    pub(super) connect_timeout: Option<Duration>,
    pub(super) keepalives: Keepalives,
    pub(super) tcp_user_timeout: Option<Duration>,
}

/// How the system finds out that the other side is gone.
#[derive(Clone, Debug)]
pub(super) struct Keepalives {
    pub(super) on: bool,
    pub(super) idle: Option<Duration>,
    pub(super) interval: Option<Duration>,
    pub(super) count: Option<u32>,
}

/// A password, which no message shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password {
    pub(super) text: String,
    pub(super) from: Origin,
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(from {})", self.from)
    }
}

/// How long to wait for an address to answer, unless somebody says otherwise.
const PATIENCE: u64 = 10;

impl Settings {
    /// Reads the connection string, then what `variable` knows of the `PG*` variables and HOME.
    pub(super) fn resolve(
        text: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let given = Given::collect(text, &variable)?;
        let home = variable("HOME").map(PathBuf::from).or_else(std::env::home_dir);
        let user = match given.text("user") {
            Some(user) => user.to_owned(),
            None => whoami::username()
                .map_err(|_| "no user is named, and the system's user has no name; set PGUSER")?,
        };
        let password = given
            .values
            .get("password")
            .map(|(text, from)| Password { text: text.clone(), from: from.clone() });
        let passfile = given.text("passfile").map(PathBuf::from);
        Ok(Self {
            hosts: hosts(given.text("host"), given.text("hostaddr"), given.text("port"))?,
            random_order: given.one_of("load_balance_hosts", &["disable", "random"])? == Some("random"),
            database: given.text("dbname").unwrap_or(&user).to_owned(),
            user,
            password,
            passfile: passfile.or_else(|| Some(home.as_deref()?.join(".pgpass"))),
            tls: TlsSettings::of(&given, home.as_deref().unwrap_or(Path::new("")))?,
            channel_binding: match given.one_of("channel_binding", &["disable", "prefer", "require"])? {
                Some("disable") => ChannelBinding::Disable,
                Some("require") => ChannelBinding::Require,
                _ => ChannelBinding::Prefer,
            },
            session: Session::of(&given)?,
            options: given.text("options").map(str::to_owned),
            connect_timeout: match given.number::<i64>("connect_timeout")? {
                None => Some(Duration::from_secs(PATIENCE)),
                Some(seconds) => u64::try_from(seconds).ok().filter(|s| *s > 0).map(Duration::from_secs),
            },
            keepalives: Keepalives {
                on: given.number::<i64>("keepalives")? != Some(0),
                idle: given.seconds("keepalives_idle")?,
                interval: given.seconds("keepalives_interval")?,
                count: given.number("keepalives_count")?,
            },
            tcp_user_timeout: given
                .number("tcp_user_timeout")?
                .filter(|ms| *ms > 0)
                .map(Duration::from_millis),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: Option<&str>, variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::resolve(text, |name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_string_comes_before_the_variables_and_those_before_defaults() {
        let variables = [
            ("PGHOST", "elsewhere"),
            ("PGUSER", "bob"),
            ("PGPASSWORD", "secret"),
            ("PGCONNECT_TIMEOUT", "3"),
        ];
        let settings = of(Some("postgres://ann@db"), &variables).unwrap();
        assert_eq!((settings.user.as_str(), settings.database.as_str()), ("ann", "ann"));
        assert_eq!(settings.hosts[0].to_string(), "db:5432");
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(3)));
        let password = settings.password.clone().unwrap();
        assert_eq!((password.text.as_str(), password.from.to_string().as_str()), ("secret", "PGPASSWORD"));
        assert!(!format!("{settings:?}").contains("secret"));

        let settings = of(None, &[("PGDATABASE", "events"), ("PGUSER", "ann"), ("PGPORT", "")]).unwrap();
        assert_eq!((settings.user.as_str(), settings.database.as_str()), ("ann", "events"));
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(10)));
        assert_eq!(of(Some("host=h connect_timeout=0"), &[]).unwrap().connect_timeout, None);
        assert_eq!(
            of(Some("host=h"), &[("HOME", "/home/ann")]).unwrap().passfile,
            Some("/home/ann/.pgpass".into())
        );
    }

    #[test]
    fn unknown_and_unsupported_settings_are_named() {
        let error = |text: &str| of(Some(text), &[]).unwrap_err();
        assert!(error("host=h sslmod=require").starts_with("there is no database setting 'sslmod'"));
        assert!(error("service=prod").contains("service"));
        assert!(error("host=h gssencmode=require").contains("gssencmode"));
        assert!(of(Some("host=h gssencmode=prefer application_name=x client_encoding=UTF8"), &[]).is_ok());
        assert!(error("sslmode=verify").contains("'verify'; it must be one of disable, allow, prefer"));
        assert!(error("connect_timeout=soon").contains("not a number"));
        assert!(of(None, &[("PGSSLMODE", "x")]).unwrap_err().starts_with("PGSSLMODE is 'x'"));
        assert!(of(None, &[("PGSERVICE", "prod")]).unwrap_err().contains("PGSERVICE"));
        assert!(of(Some("host=h"), &[("PGSERVICE", "prod")]).is_ok());
        for text in [None, Some("host=h")] {
            assert!(of(text, &[("PGREQUIREAUTH", "scram-sha-256")]).unwrap_err().contains("PGREQUIREAUTH"));
        }
    }

    #[test]
    fn the_rest_of_an_unquoted_password_is_not_repeated() {
        let error = of(Some("password=my sec=ret host=h"), &[]).unwrap_err();
        assert!(!error.contains("sec") && !error.contains("ret"), "{error}");
        let error = of(Some("postgres://ann@h/db?password=my&sec=ret"), &[]).unwrap_err();
        assert!(!error.contains("sec") && !error.contains("ret"), "{error}");
    }
}
