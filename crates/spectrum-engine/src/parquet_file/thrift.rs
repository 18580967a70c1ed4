//! Thrift's compact protocol, as far as it takes to find a field and to write a struct with another one in it.
//!
//! The parquet library reads and writes what it knows; this passes on what it does not, as the bytes that it is.
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

use std::ops::Range;

/// The types that structs and lists are made of.
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
pub(crate) const BINARY: u8 = 8;
pub(crate) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(crate) const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Structs lie in structs, but not without end.
const DEEPEST: usize = 64;

/// A field of a struct: its number, its type, and where its value lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) id: i16,
    pub(crate) kind: u8,
    pub(crate) value: Range<usize>,
}

/// The fields of the struct that begins at `at`, and where it ends; `None` where the bytes are no struct.
pub(crate) fn fields(bytes: &[u8], at: usize) -> Option<(Vec<Field>, usize)> {
    let mut fields = Vec::new();
    let end = each_field(bytes, at, 0, |field| fields.push(field))?;
    Some((fields, end))
}

/// A field of the struct that begins at `at`.
pub(crate) fn field(bytes: &[u8], at: usize, id: i16) -> Option<Field> {
    fields(bytes, at)?.0.into_iter().find(|field| field.id == id)
}

/// The elements of a list, each with the place where it lies; `None` where the bytes are no list of `kind`.
pub(crate) fn elements(bytes: &[u8], at: usize, kind: u8) -> Option<Vec<Range<usize>>> {
    let (count, found, mut at) = list_header(bytes, at)?;
    if found != kind {
        return None;
    }
    let mut elements = Vec::new();
    for _ in 0..count {
        let end = end_of(bytes, at, kind, 0)?;
        elements.push(at..end);
        at = end;
    }
    Some(elements)
}

/// The text that a binary field holds.
pub(crate) fn text(bytes: &[u8], value: &Range<usize>) -> Option<String> {
    let (length, start) = varint(bytes, value.start)?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    Some(String::from_utf8_lossy(bytes.get(start..end)?).into_owned())
}

/// Writes a struct, a field after another, by ascending number.
#[derive(Default)]
pub(crate) struct StructWriter {
    last: i16,
}

impl StructWriter {
    pub(crate) fn field(&mut self, out: &mut Vec<u8>, id: i16, kind: u8, value: &[u8]) {
        match u8::try_from(id.saturating_sub(self.last)) {
            Ok(step @ 1..=15) => out.push(step << 4 | kind),
            _ => {
                out.push(kind);
                let id = i64::from(id);
                write_varint((id << 1 ^ id >> 63) as u64, out);
            }
        }
        out.extend_from_slice(value);
        self.last = id;
    }

    pub(crate) fn end(self, out: &mut Vec<u8>) {
        out.push(STOP);
    }
}

/// Writes what stands before the elements of a list.
pub(crate) fn write_list_header(count: usize, kind: u8, out: &mut Vec<u8>) {
    match u8::try_from(count) {
        Ok(count @ 0..=14) => out.push(count << 4 | kind),
        _ => {
            out.push(0xf0 | kind);
            write_varint(count as u64, out);
        }
    }
}

fn each_field(bytes: &[u8], mut at: usize, depth: usize, mut visit: impl FnMut(Field)) -> Option<usize> {
    if depth > DEEPEST {
        return None;
    }
    let mut id = 0_i16;
    loop {
        let header = *bytes.get(at)?;
        at += 1;
        let kind = header & 0x0f;
        if kind == STOP {
            return Some(at);
        }
        id = match header >> 4 {
            0 => {
                let (number, after) = varint(bytes, at)?;
                at = after;
                i16::try_from((number >> 1) as i64 ^ -((number & 1) as i64)).ok()?
            }
            step => id.checked_add(i16::from(step))?,
        };
        // A boolean's value is its type.
        let end = if matches!(kind, TRUE | FALSE) { at } else { end_of(bytes, at, kind, depth + 1)? };
        visit(Field { id, kind, value: at..end });
        at = end;
    }
}

/// Where the value ends that begins at `at`.
fn end_of(bytes: &[u8], at: usize, kind: u8, depth: usize) -> Option<usize> {
    if depth > DEEPEST {
        return None;
    }
    let end = match kind {
        TRUE | FALSE | BYTE => at.checked_add(1)?,
        4..=6 => varint(bytes, at)?.1,
        DOUBLE => at.checked_add(8)?,
        UUID => at.checked_add(16)?,
        BINARY => {
            let (length, start) = varint(bytes, at)?;
            start.checked_add(usize::try_from(length).ok()?)?
        }
        LIST | SET => {
            let (count, kind, mut at) = list_header(bytes, at)?;
            for _ in 0..count {
                at = end_of(bytes, at, kind, depth + 1)?;
            }
            at
        }
        MAP => {
            let (count, mut at) = varint(bytes, at)?;
            if count > 0 {
                let kinds = *bytes.get(at)?;
                at += 1;
                for _ in 0..count {
                    at = end_of(bytes, at, kinds >> 4, depth + 1)?;
                    at = end_of(bytes, at, kinds & 0x0f, depth + 1)?;
                }
            }
            at
        }
        STRUCT => each_field(bytes, at, depth, |_| ())?,
        _ => return None,
    };
    (end <= bytes.len()).then_some(end)
}

/// How many elements a list has, their type, and where the first begins.
fn list_header(bytes: &[u8], at: usize) -> Option<(u64, u8, usize)> {
    let header = *bytes.get(at)?;
    let (count, start) = match header >> 4 {
        15 => varint(bytes, at + 1)?,
        count => (u64::from(count), at + 1),
    };
    Some((count, header & 0x0f, start))
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
    }
    None
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        let mut out = Vec::new();
        let mut list = Vec::new();
        write_list_header(20, STRUCT, &mut list);
        list.extend([0; 20]);
        let mut writer = StructWriter::default();
        writer.field(&mut out, 1, BINARY, b"\x02hi");
        writer.field(&mut out, 7, LIST, &list);
        writer.field(&mut out, 300, TRUE, &[]);
        writer.end(&mut out);
        let (found, end) = fields(&out, 0).unwrap();
        assert_eq!(end, out.len());
        assert_eq!(found.iter().map(|field| field.id).collect::<Vec<_>>(), [1, 7, 300]);
        assert_eq!(text(&out, &found[0].value).as_deref(), Some("hi"));
        assert_eq!(elements(&out, found[1].value.start, STRUCT).unwrap().len(), 20);
        assert_eq!(elements(&out, found[1].value.start, BINARY), None);
    }

    /// Bytes that nobody wrote end the search, and nothing else.
    #[test]
    fn damage_is_no_struct() {
        assert_eq!(fields(&[0x18, 0x05, b'h'], 0), None); // a text that goes on beyond the end
        assert_eq!(fields(&[0x1c; 200], 0), None); // struct in struct in struct
        assert_eq!(fields(&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f], 0), None); // a list of billions
        assert_eq!(fields(&[], 0), None);
    }
}
