//! The key that cancels a connection's statements, which the server sends once, when the connection begins.
//!
//! The client keeps it to itself, so it is read where it comes in: out of the server's first messages (PostgreSQL's
//! manual, "Message Formats", BackendKeyData), and at a server's socket out of a cancel request that the client makes to
//! us (`socket.rs`).

/// What a cancel request names: the session, and the secret that proves who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The process of the session, or what a pooler made up in its place.
    pub(super) process: i32,
    secret: i32,
}

/// The code that takes the place of a protocol's version in a cancel request.
const CANCEL: i32 = 80_877_102;

impl Key {
    /// The cancel request.
    pub(super) fn request(self) -> [u8; 16] {
        let mut request = [0; 16];
        for (at, number) in [16, CANCEL, self.process, self.secret].into_iter().enumerate() {
            request[at * 4..at * 4 + 4].copy_from_slice(&number.to_be_bytes());
        }
        request
    }

    /// The key of a process and its secret, of four bytes each.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(i32::from_be_bytes);
        Some(Self { process: number(0)?, secret: number(4)? })
    }
}

/// Reads what a server says until it has sent the key.
#[derive(Default)]
pub(super) struct Reader {
    /// The beginning of a message whose end has not come yet.
    rest: Vec<u8>,
}

/// A message that is longer than this holds no key, and is not worth keeping.
const LONGEST: usize = 1 << 16;

impl Reader {
    /// Reads on. `Err` says that no key comes any more.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<Key>, NoKey> {
        self.rest.extend_from_slice(bytes);
        // A message is its kind, its length without the kind, and what it says.
        while let [kind, a, b, c, d, rest @ ..] = &self.rest[..] {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            let says = length.checked_sub(4).filter(|says| *says <= LONGEST).ok_or(NoKey)?;
            match (kind, rest.get(..says)) {
                (_, None) => return Ok(None),
                (b'K', Some(says)) if says.len() == 8 => return Ok(Key::of(says)),
                // The server is ready for statements.
                (b'K' | b'Z', _) => return Err(NoKey),
                _ => drop(self.rest.drain(..length + 1)),
            }
        }
        Ok(None)
    }
}

/// The server does not send a key.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct NoKey;

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server says to a client that it trusts.
    fn said() -> Vec<u8> {
        let mut said = Vec::new();
        said.extend(b"R\0\0\0\x08\0\0\0\0");
        said.extend(b"S\0\0\0\x11is_K\0on K\0\0\0\x0c");
        said.extend(b"K\0\0\0\x0c\0\0\x01\x02\xff\xff\xff\xfe");
        said.extend(b"Z\0\0\0\x05I");
        said
    }

    #[test]
    fn the_key_is_found_wherever_the_bytes_are_cut() {
        let said = said();
        for cut in 1..said.len() {
            let mut reader = Reader::default();
            let found = said.chunks(cut).find_map(|bytes| reader.read(bytes).unwrap());
            let key = found.unwrap();
            assert_eq!((key.process, key.secret), (0x102, -2), "{cut}");
            assert_eq!(key.request(), *b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\x01\x02\xff\xff\xff\xfe");
        }
    }

    #[test]
    fn a_server_need_not_tell_a_key() {
        assert!(Reader::default().read(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I") == Err(NoKey));
        assert!(Reader::default().read(b"HTTP/1.1 400 Bad Request") == Err(NoKey));
    }
}
