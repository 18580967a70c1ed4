//! Text in other encodings than UTF-8, made UTF-8 as it is read.

use std::io::{self, Read};
use std::str::FromStr;

/// How a text file's characters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// ISO 8859-1: a byte is the character of that number.
    Latin1,
    /// What Windows calls ANSI in western Europe: ISO 8859-1 with other characters, such as the euro, from 0x80 to 0x9F.
    Windows1252,
    /// UTF-16 that begins with a byte order mark.
    Utf16,
    /// UTF-16 with the lower byte first.
    Utf16Le,
    /// UTF-16 with the higher byte first.
    Utf16Be,
}

/// A name that no encoding has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("encoding '{0}' is not one of utf-8, latin1, windows-1252, utf-16, utf-16le, utf-16be")]
pub struct UnknownEncoding(pub String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "latin1" | "latin-1" | "iso-8859-1" => Self::Latin1,
            "windows-1252" | "cp1252" => Self::Windows1252,
            "utf-16" | "utf16" => Self::Utf16,
            "utf-16le" | "utf16le" => Self::Utf16Le,
            "utf-16be" | "utf16be" => Self::Utf16Be,
            _ => return Err(UnknownEncoding(text.to_owned())),
        })
    }
}

/// What Windows-1252 has from 0x80 to 0x9F (<https://encoding.spec.whatwg.org/index-windows-1252.txt>).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    /// The text as UTF-8.
    pub(crate) fn decoded(self, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        match self {
            Self::Utf8 => reader,
            encoding => Box::new(Decoder { reader, encoding, raw: Vec::new(), text: Vec::new(), at: 0 }),
        }
    }
}

struct Decoder {
    reader: Box<dyn Read + Send>,
    encoding: Encoding,
    /// Bytes that are not a whole character yet.
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            let kept = self.raw.len();
            if (&mut self.reader).take(1 << 16).read_to_end(&mut self.raw)? == 0 {
                return if kept == 0 { Ok(0) } else { Err(invalid("UTF-16 ends within a character")) };
            }
            self.decode()?;
        }
        let length = buffer.len().min(self.text.len() - self.at);
        buffer[..length].copy_from_slice(&self.text[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Decoder {
    fn decode(&mut self) -> io::Result<()> {
        let mut text = String::with_capacity(self.raw.len() * 2);
        match self.encoding {
            Encoding::Utf16 | Encoding::Utf16Le | Encoding::Utf16Be => self.decode_utf16(&mut text)?,
            encoding => text.extend(self.raw.drain(..).map(|byte| match byte {
                0x80..0xa0 if encoding == Encoding::Windows1252 => WINDOWS_1252[usize::from(byte - 0x80)],
                byte => char::from(byte),
            })),
        }
        (self.text, self.at) = (text.into_bytes(), 0);
        Ok(())
    }

    fn decode_utf16(&mut self, text: &mut String) -> io::Result<()> {
        if self.encoding == Encoding::Utf16 && self.raw.len() >= 2 {
            self.encoding = match self.raw[..2] {
                [0xff, 0xfe] => Encoding::Utf16Le,
                [0xfe, 0xff] => Encoding::Utf16Be,
                _ => return Err(invalid("UTF-16 without a byte order mark; say utf-16le or utf-16be")),
            };
            self.raw.drain(..2);
        }
        let mut whole = self.raw.len() & !1;
        let unit = |pair: &[u8]| match self.encoding {
            Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        };
        // The first half of a pair waits for the second.
        if whole >= 2 && (0xd800..0xdc00).contains(&unit(&self.raw[whole - 2..whole])) {
            whole -= 2;
        }
        for character in char::decode_utf16(self.raw[..whole].chunks_exact(2).map(unit)) {
            text.push(character.map_err(|_| invalid("UTF-16 with half a character"))?);
        }
        self.raw.drain(..whole);
        Ok(())
    }
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a byte at a time, so that characters are cut everywhere.
    struct Bytewise(Vec<u8>);

    impl Read for Bytewise {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() || buffer.is_empty() {
                return Ok(0);
            }
            buffer[0] = self.0.remove(0);
            Ok(1)
        }
    }

    fn decoded(bytes: &[u8], encoding: Encoding) -> Result<String, String> {
        let mut text = String::new();
        let read = encoding.decoded(Box::new(Bytewise(bytes.to_vec()))).read_to_string(&mut text);
        read.map(|_| text).map_err(|error| error.to_string())
    }

    #[test]
    fn encodings_become_utf_8() {
        assert_eq!(decoded(b"K\xf6ln \x80", Encoding::Latin1), Ok("Köln \u{80}".into()));
        assert_eq!(decoded(b"K\xf6ln \x80", Encoding::Windows1252), Ok("Köln €".into()));
        let text = "Köln 𝄞\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&little, Encoding::Utf16Le), Ok(text.into()));
        assert_eq!(decoded(&big, Encoding::Utf16Be), Ok(text.into()));
        assert_eq!(decoded(&[b"\xff\xfe", &little[..]].concat(), Encoding::Utf16), Ok(text.into()));
        assert_eq!(decoded(&[b"\xfe\xff", &big[..]].concat(), Encoding::Utf16), Ok(text.into()));
    }

    #[test]
    fn what_is_not_utf_16_is_refused() {
        let unmarked = "UTF-16 without a byte order mark; say utf-16le or utf-16be";
        assert_eq!(decoded(b"a\0b\0", Encoding::Utf16), Err(unmarked.into()));
        assert_eq!(decoded(b"a\0b", Encoding::Utf16Le), Err("UTF-16 ends within a character".into()));
        assert_eq!(decoded(b"\0\xd8a\0", Encoding::Utf16Le), Err("UTF-16 with half a character".into()));
    }
}
