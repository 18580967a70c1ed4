//! The sockets that servers have in folders of their machine.

use std::io::{self, Read};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use postgres::{Client, Config, NoTls};
use tempfile::TempDir;

use super::key::Key;

/// The folder of a socket, if a host's name is one.
pub(super) fn folder(host: &str) -> Option<&Path> {
    host.starts_with('/').then(|| Path::new(host))
}

/// Lets a client connect to the socket in a folder.
pub(super) fn lead(config: &mut Config, folder: &Path) {
    config.host_path(folder);
}

/// Connects to a socket.
pub(super) fn stream(socket: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(socket)
}

/// A link to a server's socket in a folder of our own. The first to connect through it gets to the server,
/// and those who connect later get to us.
pub(super) struct Door {
    folder: TempDir,
    socket: PathBuf,
}

impl Door {
    /// Makes a link to the socket that a port has in a folder.
    pub(super) fn to(socket: &Path) -> io::Result<Self> {
        // Nobody else can enter it.
        let folder = tempfile::Builder::new().prefix("spectrum-").tempdir()?;
        let name = socket.file_name().unwrap_or_default();
        symlink(socket, folder.path().join(name))?;
        Ok(Self { socket: folder.path().join(name), folder })
    }

    /// Where the link is.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The key of the client that connected through the link.
    pub(super) fn key(self, client: &Client) -> io::Result<Option<Key>> {
        std::fs::remove_file(&self.socket)?;
        let listener = UnixListener::bind(&self.socket)?;
        // The request is there before this returns, so nothing below waits.
        client.cancel_token().cancel_query(NoTls).map_err(io::Error::other)?;
        listener.set_nonblocking(true)?;
        let mut request = [0; 16];
        listener.accept()?.0.read_exact(&mut request)?;
        Ok(Key::of(&request[8..]))
    }
}
