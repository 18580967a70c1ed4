//! Where servers have no sockets in folders: `socket.rs` of such a system. No host's name is a folder here, so nothing
//! below is ever asked.

use std::io;
use std::net::TcpStream;
use std::path::Path;

use postgres::{Client, Config};

use super::key::Key;

pub(super) fn folder(_: &str) -> Option<&Path> {
    None
}

pub(super) fn lead(_: &mut Config, _: &Path) {}

pub(super) fn stream(_: &Path) -> io::Result<TcpStream> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(super) struct Door;

impl Door {
    pub(super) fn to(_: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn folder(&self) -> &Path {
        Path::new("")
    }

    pub(super) fn key(self, _: &Client) -> io::Result<Option<Key>> {
        Ok(None)
    }
}
