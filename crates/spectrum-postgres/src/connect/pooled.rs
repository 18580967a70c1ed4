//! Whether a connection keeps its session of the server, which a pooler may not do.
//!
//! Locks and settings of a session that is not kept come to somebody else, and statements that were prepared are not
//! there. So this is asked before anything is set.
//!
//! A pooler is known by the key of the connection, because it makes up one of its own: the process that the
//! key names is not the session's. No statement shows which kind it is, but sessions do. While two
//! connections are open, a session that both have had, and a connection whose session changed, are there only
//! where sessions are not kept. In a quiet pool the first shows at once, because a client gets the session
//! that was used last; in a busy pool, or one that hands them out in turn, the second does.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use postgres::{Client, SimpleQueryMessage};

use super::{Connection, Server};
use crate::error::{PgError, Result, While};

/// How often both are asked.
const ROUNDS: usize = 5;
/// How long to wait for the second connection: where each has a session of its own, there may be none left for it.
const PATIENCE: Duration = Duration::from_secs(2);

const REFUSED: &str = "a pooler is there that gives each transaction another session of the server (transaction or \
                       statement pooling), and Spectrum needs one session for its locks and settings; connect to the \
                       server itself, or to a pool in session mode (pool_mode = session in PgBouncer)";

/// Refuses a connection that does not keep its session, and says whether there is a pooler at all.
pub(super) fn check(connection: &mut Connection) -> Result<bool> {
    let session = session_of(connection)?;
    // Where the key is not known, nothing says that there is a pooler.
    if connection.way.as_ref().is_none_or(|way| way.key.process == session.process) {
        return Ok(false);
    }
    let mut other = Some(Other::connect(&connection.server, &connection.program));
    for _ in 0..ROUNDS {
        let others = other.as_ref().and_then(Other::session);
        if others.as_ref() == Some(&session) || session_of(connection)? != session {
            // Trying again does not help, as it may where a server is away.
            return Err(PgError::refused(format!("cannot connect to {}: {REFUSED}", connection.server)));
        }
        // One that does not answer is not asked again, and the first has to do alone.
        other = other.filter(|_| others.is_some());
    }
    Ok(true)
}

/// A connection that a pool has a session for, which others may not give back for as long as they like.
pub(super) fn at_once(
    server: &Server,
    open: impl FnOnce() -> Result<Connection> + Send + 'static,
) -> Result<Connection> {
    let (sender, opened) = channel();
    std::thread::spawn(move || drop(sender.send(open())));
    opened.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let why = "the pool has no session left; let it have more, or build on fewer connections";
        Err(PgError::Connect { server: server.to_string(), why: why.to_owned() })
    })
}

/// A session of a server.
#[derive(PartialEq, Eq)]
struct Session {
    process: i32,
    /// When the server was started, which distinguishes servers.
    server: String,
}

/// The session that the next statement gets. The statement has no name, and nothing in it depends on the search path.
fn session_of(client: &mut Client) -> Result<Session> {
    let asked = client
        .simple_query("SELECT pg_catalog.pg_backend_pid(), pg_catalog.pg_postmaster_start_time()")
        .while_doing("asking which session this is")?;
    let row = asked.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |column| row.and_then(|row| row.get(column)).unwrap_or_default();
    Ok(Session { process: text(0).parse().unwrap_or_default(), server: text(1).to_owned() })
}

/// A second connection, on a thread of its own because it may have to wait for as long as the first is there.
struct Other {
    ask: Sender<()>,
    answers: Receiver<Session>,
}

impl Other {
    fn connect(server: &Server, program: &str) -> Self {
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        let (server, program) = (server.clone(), program.to_owned());
        std::thread::spawn(move || {
            let Ok(mut connection) = server.open(&program) else { return };
            while asked.recv().is_ok() {
                let Ok(session) = session_of(&mut connection) else { return };
                if answer.send(session).is_err() {
                    return;
                }
            }
        });
        Self { ask, answers }
    }

    /// Its session at this moment.
    fn session(&self) -> Option<Session> {
        self.ask.send(()).ok()?;
        self.answers.recv_timeout(PATIENCE).ok()
    }
}
