//! A socket that has a name in a folder.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(super) use std::os::unix::net::{UnixListener as Listener, UnixStream as Stream};

// Elsewhere nothing ever listens, and these only have the same methods.
#[cfg(not(unix))]
pub(super) use std::net::{TcpListener as Listener, TcpStream as Stream};

/// Listens at a name.
#[cfg(unix)]
pub(super) fn listen(name: &Path) -> io::Result<Listener> {
    Listener::bind(name)
}

/// Python's sockets have no names on this system.
#[cfg(not(unix))]
pub(super) fn listen(_: &Path) -> io::Result<Listener> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has none; start Spark from Linux or macOS"))
}
