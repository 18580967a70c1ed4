//! A Parquet file whose footer is changed before it is written.

use std::io::{self, Write};

/// Length and magic number at a file's end.
const TAIL: usize = 8;

/// Passes on what is written, until it is told to keep the rest: page indexes and the footer.
pub(super) struct FooterAside<W> {
    out: W,
    aside: Option<Vec<u8>>,
}

impl<W: Write> FooterAside<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, aside: None }
    }

    /// From now on nothing is passed on.
    pub(super) fn begin(&mut self) {
        self.aside = Some(Vec::new());
    }

    /// Writes what was kept, with another footer.
    pub(super) fn finish(mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> io::Result<W> {
        let aside = self.aside.take().unwrap_or_default();
        let (before, footer, magic) =
            parts(&aside).ok_or_else(|| io::Error::other("the footer has no end"))?;
        let footer = change(footer);
        self.out.write_all(before)?;
        self.out.write_all(&footer)?;
        let length = u32::try_from(footer.len()).map_err(|_| io::Error::other("the footer is too long"))?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(magic)?;
        Ok(self.out)
    }
}

/// What stands before the footer, the footer, and the magic number.
fn parts(aside: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (rest, tail) = aside.split_at_checked(aside.len().checked_sub(TAIL)?)?;
    let (length, magic) = tail.split_first_chunk::<4>()?;
    let (before, footer) =
        rest.split_at_checked(rest.len().checked_sub(u32::from_le_bytes(*length) as usize)?)?;
    Some((before, footer, magic))
}

impl<W: Write> Write for FooterAside<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.aside {
            Some(aside) => aside.write(bytes),
            None => self.out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
