//! Stopping the statement that a connection is running, from another thread.
//!
//! A cancel request goes over a connection of its own, and the sender waits until the other side has closed
//! it, as libpq does: PgBouncer passes the request on over a third connection, and some of its versions (1.18
//! to 1.19) end altogether when the first is closed before that is done.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::NoTls;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::key::Key;
use super::socket;
use super::wire::{ASK_FOR_TLS, GRANTED};

/// How long to wait for the other side, at each step.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the connection led.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Address(SocketAddr),
    Socket(PathBuf),
}

/// How a connection's statements are cancelled.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) place: Place,
    pub(super) key: Key,
    /// Where the connection is encrypted, its request is too.
    pub(super) tls: Option<Encryption>,
}

#[derive(Clone)]
pub(super) struct Encryption {
    pub(super) client: Arc<ClientConfig>,
    pub(super) host: String,
    /// TLS without asking for it.
    pub(super) direct: bool,
}

impl Way {
    /// Makes the request, and waits for the other side to end it.
    fn request(&self) -> io::Result<()> {
        let request = self.key.request();
        let address = match &self.place {
            Place::Socket(path) => {
                let stream = socket::stream(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return ask(stream, &request);
            }
            Place::Address(address) => address,
        };
        let mut stream = TcpStream::connect_timeout(address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Some(Encryption { client, host, direct }) = &self.tls else { return ask(stream, &request) };
        if !direct {
            stream.write_all(&ASK_FOR_TLS)?;
            let mut answer = [0];
            stream.read_exact(&mut answer)?;
            // The secret does not go out in the clear.
            if answer != [GRANTED] {
                return Err(io::ErrorKind::Unsupported.into());
            }
        }
        let host = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
        let tls = ClientConnection::new(Arc::clone(client), host).map_err(io::Error::other)?;
        ask(StreamOwned::new(tls, stream), &request)
    }
}

fn ask(mut stream: impl Read + Write, request: &[u8]) -> io::Result<()> {
    stream.write_all(request)?;
    stream.flush()?;
    let deadline = Instant::now() + PATIENCE;
    let mut ignored = [0; 256];
    while Instant::now() < deadline && stream.read(&mut ignored)? > 0 {}
    Ok(())
}

/// What a connection and those who may cancel it share.
#[derive(Default)]
pub(super) struct Requests {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    under_way: usize,
    /// Whether the connection is gone, so that there is nothing to cancel any more.
    closed: bool,
}

impl Requests {
    /// Lets no request begin any more, and waits for those that are under way: the process may end next, and would close
    /// them.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        drop(self.changed.wait_while(state, |state| state.under_way > 0));
    }

    /// Makes a request, unless the connection is gone.
    fn make(&self, request: impl FnOnce()) {
        {
            let mut state = self.state();
            if state.closed {
                return;
            }
            state.under_way += 1;
        }
        request();
        self.state().under_way -= 1;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops what a connection is doing.
#[derive(Clone)]
pub struct Canceller {
    pub(super) way: Option<Way>,
    /// The client's own way, which does not wait, for connections whose key is not known.
    pub(super) token: postgres::CancelToken,
    pub(super) requests: Arc<Requests>,
}

impl Canceller {
    /// Asks the server to stop the statement that is running, if there is one. Returns when the server has done with the
    /// request, or does not answer.
    pub fn cancel(&self) {
        // The server does not say whether it heard; the statement's own error does.
        self.requests.make(|| match &self.way {
            Some(way) => drop(way.request()),
            None => drop(self.token.cancel_query(NoTls)),
        });
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canceller")
    }
}
