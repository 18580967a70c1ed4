//! The settings that libpq knows (PostgreSQL's manual, "Parameter Key Words" and "Environment Variables"), and
//! which of them work here.

/// A setting by its name.
pub(super) struct Name {
    pub(super) name: &'static str,
    /// The variable that gives it where the connection string does not.
    pub(super) variable: Option<&'static str>,
    pub(super) support: Support,
}

/// What becomes of a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Support {
    Yes,
    /// It changes nothing here, whatever its value.
    Idle,
    /// It is refused when it has this value, because ignoring it would give less than was asked for; with an empty
    /// text, whatever its value.
    No(&'static str),
}

impl Name {
    /// Refuses settings that would have to be ignored against their purpose.
    pub(super) fn check(&self, value: &str, written: &str) -> Result<(), String> {
        match self.support {
            Support::No(refused) if refused.is_empty() || refused == value => Err(match self.name {
                "service" | "servicefile" => {
                    format!(
                        "{written}: connection services are not supported; write the service's settings into the database URL"
                    )
                }
                "sslpassword" => {
                    format!("{written}: encrypted keys are not supported; name a plain one with sslkey")
                }
                _ => format!(
                    "the database setting {written} is not supported here; take it out of the settings"
                ),
            }),
            _ => Ok(()),
        }
    }
}

const fn works(name: &'static str, variable: &'static str) -> Name {
    Name { name, variable: Some(variable), support: Support::Yes }
}

const fn without_variable(name: &'static str, support: Support) -> Name {
    Name { name, variable: None, support }
}

const fn refused(name: &'static str, variable: &'static str) -> Name {
    Name { name, variable: Some(variable), support: Support::No("") }
}

pub(super) const NAMES: &[Name] = &[
    works("host", "PGHOST"),
    works("hostaddr", "PGHOSTADDR"),
    works("port", "PGPORT"),
    works("dbname", "PGDATABASE"),
    works("user", "PGUSER"),
    works("password", "PGPASSWORD"),
    works("passfile", "PGPASSFILE"),
    works("connect_timeout", "PGCONNECT_TIMEOUT"),
    works("options", "PGOPTIONS"),
    works("target_session_attrs", "PGTARGETSESSIONATTRS"),
    works("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    works("channel_binding", "PGCHANNELBINDING"),
    works("sslmode", "PGSSLMODE"),
    works("sslnegotiation", "PGSSLNEGOTIATION"),
    works("sslrootcert", "PGSSLROOTCERT"),
    works("sslcert", "PGSSLCERT"),
    works("sslkey", "PGSSLKEY"),
    works("sslsni", "PGSSLSNI"),
    works("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    without_variable("keepalives", Support::Yes),
    without_variable("keepalives_idle", Support::Yes),
    without_variable("keepalives_interval", Support::Yes),
    without_variable("keepalives_count", Support::Yes),
    without_variable("tcp_user_timeout", Support::Yes),
    // Every command connects under its own name, which shows others who holds a lock.
    without_variable("application_name", Support::Idle),
    without_variable("fallback_application_name", Support::Idle),
    // The client always speaks UTF-8, has no compression and no Kerberos.
    without_variable("client_encoding", Support::Idle),
    without_variable("sslcompression", Support::Idle),
    without_variable("krbsrvname", Support::Idle),
    without_variable("gsslib", Support::Idle),
    without_variable("gssdelegation", Support::Idle),
    Name { name: "gssencmode", variable: Some("PGGSSENCMODE"), support: Support::No("require") },
    refused("service", "PGSERVICE"),
    without_variable("servicefile", Support::No("")),
    refused("require_auth", "PGREQUIREAUTH"),
    refused("requirepeer", "PGREQUIREPEER"),
    refused("sslcrl", "PGSSLCRL"),
    refused("sslcrldir", "PGSSLCRLDIR"),
    refused("sslcertmode", "PGSSLCERTMODE"),
    refused("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    without_variable("sslpassword", Support::No("")),
    without_variable("replication", Support::No("")),
];
