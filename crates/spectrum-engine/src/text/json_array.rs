//! JSON that is not one object a line, an array of objects above all, made into lines as it is read: the values of the
//! array, or values that follow one another, a line each. Nothing of a value changes but that line ends within it become
//! blanks.

use std::io::{self, Read};

/// Reads the lines.
pub(crate) struct JsonLines<R> {
    reader: R,
    splitter: Splitter,
    lines: Vec<u8>,
    at: usize,
}

/// What has been seen of the text.
#[derive(Debug, Default)]
struct Splitter {
    place: Place,
    /// Objects and arrays around here, within the value.
    depth: u32,
    in_string: bool,
    is_escaped: bool,
    is_array: bool,
    /// Line ends so far.
    line_ends: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Place {
    #[default]
    Before,
    /// A value may begin here; after a comma it must.
    Between {
        after_comma: bool,
    },
    Value,
    AfterValue,
    AfterArray,
}

impl<R: Read> JsonLines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, splitter: Splitter::default(), lines: Vec::new(), at: 0 }
    }

    /// The number of the line of the file, from 1, whose text stands at an offset of the lines that are made of it.
    pub(crate) fn line_of(mut self, offset: u64) -> io::Result<u64> {
        let mut before = 0;
        let mut piece = vec![0; 1 << 16];
        loop {
            let read = self.reader.read(&mut piece)?;
            if read == 0 {
                return Ok(self.splitter.line_ends + 1);
            }
            for byte in &piece[..read] {
                let line = self.splitter.line_ends + 1;
                // What is wrong further on is no matter here.
                let _ = self.splitter.take(*byte, &mut self.lines);
                if before + self.lines.len() as u64 > offset {
                    return Ok(line);
                }
            }
            before += self.lines.len() as u64;
            self.lines.clear();
        }
    }
}

impl<R: Read> Read for JsonLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.lines.len() {
            (self.lines, self.at) = (std::mem::take(&mut self.lines), 0);
            self.lines.clear();
            let mut piece = vec![0; 1 << 16];
            let read = self.reader.read(&mut piece)?;
            if read == 0 {
                self.splitter.end()?;
                return Ok(0);
            }
            for byte in &piece[..read] {
                self.splitter.take(*byte, &mut self.lines)?;
            }
        }
        let length = buffer.len().min(self.lines.len() - self.at);
        buffer[..length].copy_from_slice(&self.lines[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

impl Splitter {
    /// Takes the next byte, and adds to the lines what it is there.
    fn take(&mut self, byte: u8, lines: &mut Vec<u8>) -> io::Result<()> {
        self.line_ends += u64::from(byte == b'\n');
        if self.place == Place::Value {
            return self.take_within(byte, lines);
        }
        if byte.is_ascii_whitespace() {
            return Ok(());
        }
        match (self.place, byte) {
            // A byte order mark.
            (Place::Before, 0xef | 0xbb | 0xbf) => {}
            (Place::Before, b'[') => {
                self.is_array = true;
                self.place = Place::Between { after_comma: false };
            }
            (Place::AfterValue, b',') if self.is_array => self.place = Place::Between { after_comma: true },
            (Place::AfterValue | Place::Between { after_comma: false }, b']') if self.is_array => {
                self.place = Place::AfterArray;
            }
            (Place::AfterValue, _) if self.is_array => {
                return Err(self.invalid("values in a JSON array are parted by commas"));
            }
            (Place::AfterArray, _) => return Err(self.invalid("something follows the JSON array")),
            (Place::Between { .. }, b',' | b']') => {
                return Err(self.invalid("a value is missing in a JSON array"));
            }
            _ => {
                self.place = Place::Value;
                return self.take_within(byte, lines);
            }
        }
        Ok(())
    }

    fn take_within(&mut self, byte: u8, lines: &mut Vec<u8>) -> io::Result<()> {
        if self.in_string {
            lines.push(byte);
            (self.in_string, self.is_escaped) = match byte {
                _ if self.is_escaped => (true, false),
                b'\\' => (true, true),
                b'"' => (false, false),
                _ => (true, false),
            };
            return Ok(());
        }
        let ends_scalar = byte.is_ascii_whitespace() || self.is_array && matches!(byte, b',' | b']');
        let is_scalar_end = self.depth == 0 && ends_scalar;
        if is_scalar_end {
            self.end_value(lines);
            self.line_ends -= u64::from(byte == b'\n'); // it is taken again
            return self.take(byte, lines);
        }
        lines.push(if matches!(byte, b'\n' | b'\r') { b' ' } else { byte });
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_value(lines);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_value(&mut self, lines: &mut Vec<u8>) {
        lines.push(b'\n');
        self.place = Place::AfterValue;
    }

    /// Refuses a text that ends within its array.
    fn end(&self) -> io::Result<()> {
        match self.is_array && self.place != Place::AfterArray {
            true => Err(self.invalid("the JSON array is never closed")),
            false => Ok(()),
        }
    }

    fn invalid(&self, problem: &str) -> io::Error {
        let line = self.line_ends + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("{problem} (line {line})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<String, String> {
        let mut lines = String::new();
        let read = JsonLines::new(text.as_bytes()).read_to_string(&mut lines);
        read.map(|_| lines).map_err(|error| error.to_string())
    }

    #[test]
    fn values_of_an_array_become_lines() {
        assert_eq!(lines("[]"), Ok(String::new()));
        assert_eq!(
            lines("\u{feff} [\n{\"a\":\n [1, 2]},{\"]},\\\"[\\\\\": \"\\\"\"}\n,3,\"x\"\n]\n"),
            Ok("{\"a\":  [1, 2]}\n{\"]},\\\"[\\\\\": \"\\\"\"}\n3\n\"x\"\n".into())
        );
    }

    #[test]
    fn values_one_after_another_become_lines() {
        assert_eq!(lines("{\n\"a\": 1\n}\n{}\n"), Ok("{ \"a\": 1 }\n{}\n".into()));
    }

    #[test]
    fn what_is_not_an_array_is_refused() {
        let refused = |text: &str| lines(text).unwrap_err();
        assert_eq!(refused("[{\"a\":1},\n"), "the JSON array is never closed (line 2)");
        assert_eq!(refused("[{\"a\":1}\n{}]"), "values in a JSON array are parted by commas (line 2)");
        assert_eq!(refused("[{},]"), "a value is missing in a JSON array (line 1)");
        assert_eq!(refused("[{}]\n{}"), "something follows the JSON array (line 2)");
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "[\n  {\"a\":\n 1},\n\n  {\"b\": 2}\n]";
        let of = |offset| JsonLines::new(text.as_bytes()).line_of(offset).unwrap();
        let made = lines(text).unwrap();
        assert_eq!(of(0), 2);
        assert_eq!(of(made.find('1').unwrap() as u64), 3);
        assert_eq!(of(made.find("{\"b").unwrap() as u64), 5);
    }
}
