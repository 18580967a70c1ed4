//! Trying hosts one after another, as libpq does: the next one after a host that cannot be reached, but not after one
//! that refuses us.

use std::hash::{BuildHasher, RandomState};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};

use postgres::config::{SslMode, SslNegotiation};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};

use super::cancel::{Encryption, Place, Way};
use super::given::Origin;
use super::hosts::Host;
use super::passfile::{Answer, Wanted, look_up};
use super::refusal::{self, Attempt};
use super::session::Session;
use super::settings::{Password, Settings};
use super::socket::{self, Door};
use super::tls::{Connector, Mode};
use super::wire::Wire;

/// A connection, and how its statements are cancelled. Where that is not known, the client's own way has to do.
pub(super) type Connected = (Client, Option<Way>);

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
        for (config, place) in self.configs(password.as_ref())? {
            match self.one(config, place, &attempt) {
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

    /// One configuration per address.
    fn configs(&self, password: Option<&Password>) -> Result<Vec<(Config, Place)>, Failure> {
        let (host, base) = (self.host, self.base(password));
        if let Some(folder) = host.socket_folder() {
            let mut config = base;
            // A socket does not leave the machine, and its server does not encrypt it.
            config.ssl_mode(SslMode::Disable);
            return Ok(vec![(config, Place::Socket(folder.join(format!(".s.PGSQL.{}", host.port))))]);
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
        let configs = addresses.into_iter().map(|address| {
            let mut config = base.clone();
            config.host(&host.name).hostaddr(address);
            // The wire sees to encryption.
            config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
            (config, Place::Address(SocketAddr::new(address, host.port)))
        });
        Ok(configs.collect())
    }

    fn base(&self, password: Option<&Password>) -> Config {
        let settings = self.settings;
        let mut config = Config::new();
        config.user(&settings.user).dbname(&settings.database).port(self.host.port);
        config.channel_binding(settings.channel_binding);
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
    fn one(&self, config: Config, place: Place, attempt: &Attempt<'_>) -> Result<Connected, Failure> {
        let mode = self.settings.tls.mode;
        let mut connected = match &place {
            Place::Address(_) => self.call(&config, self.tls, &place),
            Place::Socket(_) => self.knock(config.clone(), &place),
        };
        if let Err(Some(error)) = &connected
            && mode == Mode::Prefer
            && self.host.socket_folder().is_none()
            && (refusal::is_tls(error)
                || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION))
        {
            let plain = self.call(&config, None, &place);
            connected = plain.or(connected);
        }
        let (mut client, way) = match connected {
            Ok(connected) => connected,
            Err(None) => return Err(Failure { why: refusal::silent(self.host), final_: false }),
            Err(Some(error)) => {
                let refused = error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW);
                return Err(Failure { why: refusal::why(&error, attempt), final_: refused });
            }
        };
        match self.session.fits(&mut client) {
            Ok(Ok(())) => Ok((client, way)),
            Ok(Err(what)) => {
                let why = format!("{what}, and target_session_attrs (PGTARGETSESSIONATTRS) asks for another");
                Err(Failure { why, final_: false })
            }
            Err(error) => Err(Failure { why: refusal::why(&error, attempt), final_: false }),
        }
    }

    /// Connects to an address.
    fn call(
        &self,
        config: &Config,
        tls: Option<&Connector>,
        place: &Place,
    ) -> Result<Connected, Option<postgres::Error>> {
        let Settings { tls: wanted, .. } = self.settings;
        let wire = Wire {
            tls: tls.cloned(),
            required: wanted.mode != Mode::Prefer,
            direct: wanted.direct,
            told: Default::default(),
        };
        let going = (config.clone(), wire.clone());
        let client = self.patiently(move || going.0.connect(going.1))?;
        let told = wire.told();
        let encryption = wire.tls.filter(|_| told.encrypted).map(|tls| Encryption {
            client: tls.config,
            host: self.host.name.clone(),
            direct: wanted.direct,
        });
        let way = told.key.map(|key| Way { place: place.clone(), key, tls: encryption });
        Ok((client, way))
    }

    /// Connects to a socket.
    fn knock(&self, mut config: Config, place: &Place) -> Result<Connected, Option<postgres::Error>> {
        // Without a folder for the door there is no key, and all else is as ever.
        let door = match place {
            Place::Socket(socket) => Door::to(socket).ok(),
            Place::Address(_) => None,
        };
        match (&door, self.host.socket_folder()) {
            (Some(door), _) => socket::lead(&mut config, door.folder()),
            (None, Some(folder)) => socket::lead(&mut config, folder),
            (None, None) => {}
        }
        let client = self.patiently(move || config.connect(NoTls))?;
        let key = door.and_then(|door| door.key(&client).ok().flatten());
        Ok((client, key.map(|key| Way { place: place.clone(), key, tls: None })))
    }

    /// Connects, but waits no longer than for the timeout; `Err(None)` is a server that did not answer. The client
    /// itself gives up on an address that is silent, but not on one that takes a connection and then says nothing.
    fn patiently(
        &self,
        connect: impl FnOnce() -> Result<Client, postgres::Error> + Send + 'static,
    ) -> Result<Client, Option<postgres::Error>> {
        let Some(timeout) = self.settings.connect_timeout else { return connect().map_err(Some) };
        let (sender, receiver) = channel();
        std::thread::spawn(move || drop(sender.send(connect())));
        match receiver.recv_timeout(timeout) {
            Ok(connected) => connected.map_err(Some),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(None),
        }
    }
}
