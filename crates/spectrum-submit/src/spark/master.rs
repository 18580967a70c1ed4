//! Whether anybody answers at a standalone master's address. Spark itself tries for a minute and then fails somewhere else.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Patience;
use crate::error::{Result, SubmitError};
use crate::runner::Observer;

/// The longest that one attempt waits, so that somebody who wants to stop need not wait longer.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Refuses a `spark://` master of which no address answers. Other masters are Spark's affair.
pub(crate) fn check(master: &str, patience: Duration, observer: &dyn Observer) -> Result<()> {
    let Some(addresses) = master.strip_prefix("spark://") else { return Ok(()) };
    let patience = Patience::of(patience);
    let mut reason = "no time was given".to_owned();
    for address in addresses.split(',') {
        if address.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            return Err(SubmitError::Refused(format!(
                "master {master} must be spark://HOST:PORT, as its page shows it"
            )));
        }
        observer.progress("asking the master", 0, 0);
        let found = match address.to_socket_addrs() {
            Ok(found) => found,
            Err(error) => {
                reason = error.to_string();
                continue;
            }
        };
        for address in found {
            if observer.is_stopped() {
                return Err(SubmitError::Interrupted);
            }
            let Some(left) = patience.left() else { break };
            match TcpStream::connect_timeout(&address, left.min(ATTEMPT)) {
                Ok(_) => return Ok(()),
                Err(error) => reason = error.to_string(),
            }
        }
    }
    Err(SubmitError::NoMaster { master: master.to_owned(), reason })
}
