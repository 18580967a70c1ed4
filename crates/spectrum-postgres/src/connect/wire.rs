//! The bytes between client and server, plain or encrypted, as they are for every kind of connection.
//!
//! The client would do this by itself, but does not reveal the key that the server gives. So it is told to
//! encrypt at once, and what it takes for encryption is this.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use postgres::Socket;
use postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::key::{Key, Reader};
use super::tls::Connector;

/// Asks for encryption: a length, and a code in the place of a protocol's version.
pub(super) const ASK_FOR_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// The answer of a server that encrypts.
pub(super) const GRANTED: u8 = b'S';
/// Why one that does not will not do.
pub(super) const NO_TLS: &str = "server does not support TLS";

/// How to begin.
#[derive(Clone)]
pub(super) struct Wire {
    /// What encrypts; `None` is plain.
    pub(super) tls: Option<Connector>,
    /// Whether plain will not do.
    pub(super) required: bool,
    /// TLS without asking for it.
    pub(super) direct: bool,
    pub(super) told: Arc<Mutex<Told>>,
}

/// What became known when the connection began.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    pub(super) key: Option<Key>,
    pub(super) encrypted: bool,
}

impl Wire {
    pub(super) fn told(&self) -> Told {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, tell: impl FnOnce(&mut Told)) {
        tell(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

type Encrypting = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

impl MakeTlsConnect<Socket> for Wire {
    type Stream = Line;
    type TlsConnect = Beginning;
    type Error = io::Error;

    fn make_tls_connect(&mut self, host: &str) -> io::Result<Beginning> {
        let tls = self.tls.as_mut();
        let tls = tls.map(|tls| MakeTlsConnect::<Socket>::make_tls_connect(&mut tls.client, host));
        Ok(Beginning { tls: tls.transpose().map_err(io::Error::other)?, wire: self.clone() })
    }
}

/// A connection that is about to begin.
pub(super) struct Beginning {
    tls: Option<Encrypting>,
    wire: Wire,
}

impl TlsConnect<Socket> for Beginning {
    type Stream = Line;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Line>> + Send>>;

    fn connect(self, mut socket: Socket) -> Self::Future {
        Box::pin(async move {
            let Self { tls, wire } = self;
            let granted = match tls {
                Some(_) if !wire.direct => {
                    socket.write_all(&ASK_FOR_TLS).await?;
                    socket.read_u8().await? == GRANTED
                }
                _ => true,
            };
            let bytes = match tls {
                Some(tls) if granted => Bytes::Encrypted(Box::new(tls.connect(socket).await?)),
                Some(_) if wire.required => return Err(io::Error::other(NO_TLS)),
                _ => Bytes::Plain(socket),
            };
            wire.tell(|told| {
                *told = Told { key: None, encrypted: matches!(bytes, Bytes::Encrypted(_)) };
            });
            Ok(Line { bytes, reader: Some(Reader::default()), wire })
        })
    }
}

/// A connection to a server.
pub(super) struct Line {
    bytes: Bytes,
    /// Until the key is known.
    reader: Option<Reader>,
    wire: Wire,
}

enum Bytes {
    Plain(Socket),
    Encrypted(Box<Encrypted>),
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(match &mut self.bytes {
            Bytes::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
        })?;
        if let Some(reader) = &mut self.reader {
            let read = reader.read(&buffer.filled()[before..]);
            if read != Ok(None) {
                self.reader = None;
                self.wire.tell(|told| told.key = read.ok().flatten());
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.bytes {
            Bytes::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.bytes {
            Bytes::Plain(socket) => Pin::new(socket).poll_flush(context),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.bytes {
            Bytes::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Bytes::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl TlsStream for Line {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.bytes {
            Bytes::Plain(_) => ChannelBinding::none(),
            Bytes::Encrypted(stream) => stream.channel_binding(),
        }
    }
}
