//! Trying hosts one after another, as libpq does: the next one after a host that cannot be reached, but not after one
//! that refuses us.

use std::hash::{BuildHasher, RandomState};
use std::net::ToSocketAddrs;
use std::sync::mpsc::{RecvTimeoutError, channel};

use postgres::config::{SslMode, SslNegotiation};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};

use super::given::Origin;
use super::hosts::Host;
use super::passfile::{Answer, Wanted, look_up};
use super::pinned::pin;
use super::refusal::{self, Attempt};
use super::session::Session;
use super::settings::{Password, Settings};
use super::tls::{Connector, Mode};

/// A connection and what encrypts it, so that a cancellation can be encrypted too.
pub(super) type Connected = (Client, Option<Connector>);

/// Connects to the first host that will do. `prepare` sets what is the same for all.
pub(super) fn connect(settings: &Settings, prepare: &dyn Fn(&mut Config)) -> Result<Connected, String> {
    let tls = settings.tls.connector()?;
    let mut hosts: Vec<&Host> = settings.hosts.iter().collect();
    if settings.random_order {
        let random = RandomState::new();
        hosts.sort_by_cached_key(|host| random.hash_one(host.to_string()));
    }
    let wanted: &[Session] = match settings.session {
        Session::PreferStandby => &[Session::Standby, Session::Any],
        ref one => std::slice::from_ref(one),
    };
    let mut reasons: Vec<String> = Vec::new();
    for session in wanted {
        reasons.clear();
        for host in &hosts {
            let trial = Trial { settings, host, session: *session, tls: tls.as_ref(), prepare };
            match trial.run() {
                Ok(connected) => return Ok(connected),
                Err(Failure { why, final_: true }) => return Err(why),
                Err(Failure { why, .. }) => reasons.push(why),
            }
        }
    }
    Err(match &mut reasons[..] {
        [one] => std::mem::take(one),
        several => hosts
            .iter()
            .zip(several)
            .map(|(host, why)| format!("{host}: {why}"))
            .collect::<Vec<_>>()
            .join("; "),
    })
}

/// Why a host would not do.
struct Failure {
    why: String,
    /// Whether the other hosts need not be asked.
    final_: bool,
}

struct Trial<'a> {
    settings: &'a Settings,
    host: &'a Host,
    session: Session,
    tls: Option<&'a Connector>,
    prepare: &'a dyn Fn(&mut Config),
}

impl Trial<'_> {
    fn run(&self) -> Result<Connected, Failure> {
        let (password, passfile) = self.password();
        let attempt = Attempt {
            settings: self.settings,
            host: self.host,
            password_from: password.as_ref().map(|password| password.from.to_string()),
            passfile,
        };
        let mut last = None;
        for mut config in self.configs(password.as_ref())? {
            match self.one(&mut config, &attempt) {
                Err(failure) if !failure.final_ => last = Some(failure),
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| Failure { why: format!("{} has no address", self.host), final_: false }))
    }

    /// The password to use, or why that of the password file is not used.
    fn password(&self) -> (Option<Password>, Option<String>) {
        let Settings { password, passfile, user, database, .. } = self.settings;
        if password.is_some() {
            return (password.clone(), None);
        }
        let Some(passfile) = passfile else { return (None, None) };
        let wanted = Wanted { host: self.host.in_passfile(), port: self.host.port, database, user };
        match look_up(passfile, wanted) {
            Answer::Found(text) => (Some(Password { text, from: Origin::File(passfile.clone()) }), None),
            Answer::Nothing => (None, None),
            Answer::Unusable(why) => (None, Some(why)),
        }
    }

    /// One configuration an address.
    fn configs(&self, password: Option<&Password>) -> Result<Vec<Config>, Failure> {
        let base = self.base(password);
        let (host, mut configs) = (self.host, Vec::new());
        if let Some(folder) = host.socket_folder() {
            let mut config = base;
            // A socket does not leave the machine, and its server does not encrypt it.
            config.host_path(folder).ssl_mode(SslMode::Disable);
            return Ok(vec![config]);
        }
        let addresses = match host.address {
            Some(address) => vec![address],
            None => match (host.name.as_str(), host.port).to_socket_addrs() {
                Ok(found) => found.map(|found| found.ip()).collect(),
                Err(error) => {
                    let why = format!(
                        "the host '{}' is not known ({error}); is its name spelled right?",
                        host.name
                    );
                    return Err(Failure { why, final_: false });
                }
            },
        };
        for address in addresses {
            let mut config = base.clone();
            config.host(&host.name).hostaddr(address);
            configs.push(config);
        }
        Ok(configs)
    }

    fn base(&self, password: Option<&Password>) -> Config {
        let settings = self.settings;
        let mut config = Config::new();
        config.user(&settings.user).dbname(&settings.database).port(self.host.port);
        config.channel_binding(settings.channel_binding);
        config.ssl_mode(match settings.tls.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        if settings.tls.direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        if let Some(password) = password {
            config.password(&password.text);
        }
        if let Some(options) = &settings.options {
            config.options(options);
        }
        if let Some(timeout) = settings.connect_timeout {
            config.connect_timeout(timeout);
        }
        if let Some(timeout) = settings.tcp_user_timeout {
            config.tcp_user_timeout(timeout);
        }
        let keepalives = &settings.keepalives;
        config.keepalives(keepalives.on);
        if let Some(idle) = keepalives.idle {
            config.keepalives_idle(idle);
        }
        if let Some(interval) = keepalives.interval {
            config.keepalives_interval(interval);
        }
        if let Some(count) = keepalives.count {
            config.keepalives_retries(count);
        }
        (self.prepare)(&mut config);
        config
    }

    /// Tries one address, and with `sslmode=prefer` a second time without encryption, as libpq does.
    fn one(&self, config: &mut Config, attempt: &Attempt<'_>) -> Result<Connected, Failure> {
        let tls = self.tls.filter(|_| config.get_ssl_mode() != SslMode::Disable);
        let mut connected = self.patiently(config, tls);
        if let Err(Some(error)) = &connected
            && config.get_ssl_mode() == SslMode::Prefer
            && (refusal::is_tls(error)
                || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION))
        {
            let plain = self.patiently(config.clone().ssl_mode(SslMode::Disable), None);
            connected = plain.or(connected);
        }
        let mut client = match connected {
            Ok(client) => client,
            Err(None) => return Err(Failure { why: refusal::silent(self.host), final_: false }),
            Err(Some(error)) => {
                let refused = error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW);
                return Err(Failure { why: refusal::why(&error, attempt), final_: refused });
            }
        };
        match pin(&mut client).and_then(|()| self.session.fits(&mut client)) {
            Ok(Ok(())) => Ok((client, tls.cloned())),
            Ok(Err(what)) => {
                let why = format!("{what}, and target_session_attrs (PGTARGETSESSIONATTRS) asks for another");
                Err(Failure { why, final_: false })
            }
            Err(error) => Err(Failure { why: refusal::why(&error, attempt), final_: false }),
        }
    }

    /// Connects, but waits no longer than for the timeout; `Err(None)` is a server that did not answer. The client
    /// itself gives up on an address that is silent, but not on one that takes a connection and then says nothing.
    fn patiently(&self, config: &Config, tls: Option<&Connector>) -> Result<Client, Option<postgres::Error>> {
        let connect = |config: &Config, tls: Option<Connector>| match tls {
            Some(tls) => config.connect(tls),
            None => config.connect(NoTls),
        };
        let Some(timeout) = self.settings.connect_timeout else {
            return connect(config, tls.cloned()).map_err(Some);
        };
        let (sender, receiver) = channel();
        let (config, tls) = (config.clone(), tls.cloned());
        std::thread::spawn(move || drop(sender.send(connect(&config, tls))));
        match receiver.recv_timeout(timeout) {
            Ok(connected) => connected.map_err(Some),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(None),
        }
    }
}
