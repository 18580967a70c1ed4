//! A gzip file whose pieces are compressed on many threads: one member, as all readers know it.
//!
//! Each piece is compressed by itself and ends at a whole byte (RFC 1951 has empty stored blocks for that), so that pieces
//! only have to be put one after another; the checksum of the whole follows from theirs. A piece knows nothing of the text
//! before it, which costs one part in a hundred or less of the file's length.

use std::io::{self, Write};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// The level that gzip itself has if nothing is said.
const LEVEL: u32 = 6;

/// No name, no time, no comment; which system wrote it is not told (RFC 1952, 2.3.1).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A piece of text, compressed.
pub(crate) struct Deflated {
    bytes: Vec<u8>,
    crc: Crc,
    /// How long the text is.
    length: usize,
}

/// Compresses a piece; any thread can.
pub(crate) fn deflate(text: &[u8]) -> io::Result<Deflated> {
    let mut crc = Crc::new();
    crc.update(text);
    Ok(Deflated { bytes: compressed(text, FlushCompress::Sync)?, crc, length: text.len() })
}

fn compressed(text: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut compress = Compress::new(Compression::new(LEVEL), false);
    let mut bytes = Vec::with_capacity(text.len() / 4 + 64);
    loop {
        let taken = compress.total_in() as usize;
        compress.compress_vec(&text[taken..], &mut bytes, flush).map_err(io::Error::other)?;
        // Room that is left over means that nothing is held back.
        if compress.total_in() as usize == text.len() && bytes.len() < bytes.capacity() {
            return Ok(bytes);
        }
        bytes.reserve(bytes.capacity().max(64));
    }
}

/// Writes pieces as one file.
#[derive(Debug)]
pub(crate) struct GzipFile<W> {
    out: W,
    crc: Crc,
    length: u64,
}

impl<W: Write> GzipFile<W> {
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self { out, crc: Crc::new(), length: 0 })
    }

    pub(crate) fn write(&mut self, piece: &Deflated) -> io::Result<()> {
        self.crc.combine(&piece.crc);
        self.length += piece.length as u64;
        self.out.write_all(&piece.bytes)
    }

    /// Writes the end and gives back what was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&compressed(&[], FlushCompress::Finish)?)?;
        self.out.write_all(&self.crc.sum().to_le_bytes())?;
        // What does not fit into its 32 bits is left out, says the format.
        self.out.write_all(&(self.length as u32).to_le_bytes())?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn file(pieces: &[Vec<u8>]) -> Vec<u8> {
        let mut file = GzipFile::begin(Vec::new()).unwrap();
        pieces.iter().for_each(|piece| file.write(&deflate(piece).unwrap()).unwrap());
        file.finish().unwrap()
    }

    /// The decoder checks the checksum and the length, and reads no second member.
    #[test]
    fn pieces_are_one_member_that_is_read_back() {
        let line =
            |at: usize| format!("{},{},event\n", at.wrapping_mul(0x9e37_79b9_7f4a_7c15), at % 7).into_bytes();
        let lines: Vec<u8> = (0..20_000).flat_map(line).collect();
        for pieces in [
            vec![],
            vec![Vec::new()],
            vec![b"a\n".to_vec(), Vec::new(), b"b\n".to_vec()],
            vec![lines.clone(), vec![b'x'; 1_000_000], lines],
        ] {
            let whole = pieces.concat();
            let (packed, mut read) = (file(&pieces), Vec::new());
            let mut decoder = GzDecoder::new(&packed[..]);
            decoder.read_to_end(&mut read).unwrap();
            assert_eq!(read.len(), whole.len());
            assert!(read == whole);
            assert!(decoder.into_inner().is_empty(), "something stands behind the member");
        }
    }

    #[test]
    fn what_repeats_gets_short() {
        assert!(file(&[vec![b'x'; 1_000_000], vec![b'y'; 1_000_000]]).len() < 5_000);
    }
}
