//! Several connections at work at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use postgres::Client;

use crate::connect::Connection;
use crate::error::{PgError, Result, While};
use crate::observer::Event;
use crate::stop::Stop;

/// How often it is looked whether to stop, and the server asked again to cancel what goes on.
const AGAIN: Duration = Duration::from_millis(100);

/// Identifies this server: two have hardly begun at the same microsecond.
const WHICH_SERVER: &str =
    "SELECT pg_catalog.pg_postmaster_start_time()::text || ' ' || pg_catalog.current_database()";

/// Has the server look now and then whether we are still there while a statement runs, so that, if we are
/// killed, the next command does not wait for its end. Servers before version 14, and some systems, cannot.
pub(super) fn notice_our_end(client: &mut Client) {
    let sql = "SELECT pg_catalog.set_config(name, '1s', false) FROM pg_catalog.pg_settings
               WHERE name = 'client_connection_check_interval' AND setting = '0'";
    drop(client.batch_execute(sql));
}

/// Further connections to the server of `first`, at most so many: where the server has no room for all, those it has room
/// for. `settings` is run on each.
pub(super) fn further(first: &mut Connection, wanted: usize, settings: &str) -> Result<Vec<Connection>> {
    let server = |connection: &mut Connection| -> Result<String> {
        let row = connection.query_one(WHICH_SERVER, &[]).while_doing("asking which server this is")?;
        Ok(row.get(0))
    };
    let ours = server(first)?;
    let mut further = Vec::new();
    while further.len() < wanted {
        let Ok(mut connection) = first.another() else { break };
        if server(&mut connection)? != ours {
            break;
        }
        connection.batch_execute(settings).while_doing("setting timeouts")?;
        notice_our_end(&mut connection);
        further.push(connection);
    }
    Ok(further)
}

/// Does `work` on every connection at once and returns when all are through. Their reports are observed here.
/// A stop, or an error of one of them, ends the others.
pub(super) fn at_once(
    connections: Vec<&mut Connection>,
    stop: &Stop,
    observer: &mut dyn FnMut(Event<'_>),
    work: impl Fn(&mut Client, &dyn Fn(String), &dyn Fn() -> bool) -> Result<()> + Sync,
) -> Result<()> {
    let failed: Mutex<Option<PgError>> = Mutex::new(None);
    let ending = AtomicBool::new(false);
    let (tell, heard) = channel();
    std::thread::scope(|scope| {
        let (work, failed, ending) = (&work, &failed, &ending);
        let workers: Vec<_> = connections
            .into_iter()
            .map(|connection| {
                let (tell, canceller) = (tell.clone(), connection.canceller());
                let worker = scope.spawn(move || {
                    let is_ending = || ending.load(Ordering::Relaxed);
                    if let Err(error) = work(connection, &|text| drop(tell.send(text)), &is_ending) {
                        ending.store(true, Ordering::Relaxed);
                        // The errors of the others when they are cancelled come later and say less.
                        failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                });
                (worker, canceller)
            })
            .collect();
        drop(tell);
        loop {
            match heard.recv_timeout(AGAIN) {
                Ok(text) => observer(Event::Step(&text)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if stop.is_requested() {
                ending.store(true, Ordering::Relaxed);
            }
            if ending.load(Ordering::Relaxed) {
                for (_, canceller) in workers.iter().filter(|(worker, _)| !worker.is_finished()) {
                    canceller.cancel();
                }
            }
        }
    });
    if stop.is_requested() {
        return Err(PgError::Interrupted);
    }
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
