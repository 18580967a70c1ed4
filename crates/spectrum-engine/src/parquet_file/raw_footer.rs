//! What a footer says and the parquet library does not pass on.

use bytes::Bytes;
use parquet::file::reader::ChunkReader;

use super::thrift::{self, BINARY, LIST, STRUCT};

/// Fields of `FileMetaData`, `RowGroup`, `ColumnChunk` and `ColumnMetaData` in `parquet.thrift`.
const FILE_ROW_GROUPS: i16 = 4;
const FILE_COLUMN_ORDERS: i16 = 7;
const FILE_ENCRYPTION: i16 = 8;
const GROUP_COLUMNS: i16 = 1;
const CHUNK_METADATA: i16 = 3;
const CHUNK_CRYPTO: i16 = 8;
const COLUMN_PATH: i16 = 3;
const COLUMN_PAIRS: i16 = 8;

/// Length and magic number at a file's end.
const TAIL: usize = 8;

/// A column order that the type defines: field 1 of the union, an empty struct.
const TYPE_DEFINED: [u8; 3] = [0x1c, 0, 0];

/// A footer as it stands in the file.
#[derive(Debug, Default)]
pub(crate) struct RawFooter(Bytes);

impl RawFooter {
    /// The footer of a file that the library has read already; empty where it cannot be found.
    pub(super) fn read(file: &impl ChunkReader) -> parquet::errors::Result<Self> {
        let end = file.len();
        let tail = file.get_bytes(end.saturating_sub(TAIL as u64), TAIL)?;
        let length = tail.first_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length)) as usize;
        let start = end.saturating_sub((length + TAIL) as u64);
        Ok(Self(file.get_bytes(start, length)?))
    }

    /// The columns of which a chunk is encrypted, each with the names on the way to it.
    pub(super) fn encrypted_columns(&self) -> Vec<String> {
        let mut columns = Vec::new();
        if thrift::field(&self.0, 0, FILE_ENCRYPTION).is_none() {
            return columns;
        }
        self.each_chunk(|bytes, _, _, chunk| {
            if thrift::field(bytes, chunk, CHUNK_CRYPTO).is_some() {
                let path = path(bytes, chunk).unwrap_or_default();
                if !columns.contains(&path) {
                    columns.push(path);
                }
            }
        });
        columns
    }

    /// How each column is ordered; `None` where the file does not say it.
    fn column_orders(&self) -> Option<Vec<&[u8]>> {
        let orders = thrift::field(&self.0, 0, FILE_COLUMN_ORDERS)?;
        let orders = thrift::elements(&self.0, orders.value.start, STRUCT)?;
        Some(orders.into_iter().map(|order| &self.0[order]).collect())
    }

    /// The pairs that chunks have of their own, each with the number of its row group and of its column.
    fn pairs(&self) -> Vec<(usize, usize, &[u8])> {
        let mut pairs = Vec::new();
        self.each_chunk(|bytes, group, column, chunk| {
            let metadata = thrift::field(bytes, chunk, CHUNK_METADATA);
            let found =
                metadata.and_then(|metadata| thrift::field(bytes, metadata.value.start, COLUMN_PAIRS));
            if let Some(found) = found {
                pairs.push((group, column, found.value));
            }
        });
        pairs.into_iter().map(|(group, column, value)| (group, column, &self.0[value])).collect()
    }

    fn each_chunk(&self, mut visit: impl FnMut(&[u8], usize, usize, usize)) {
        let bytes = &self.0[..];
        let list = |at, id| {
            let list = thrift::field(bytes, at, id).filter(|field| field.kind == LIST);
            list.and_then(|list| thrift::elements(bytes, list.value.start, STRUCT)).unwrap_or_default()
        };
        for (group, at) in list(0, FILE_ROW_GROUPS).into_iter().enumerate() {
            for (column, chunk) in list(at.start, GROUP_COLUMNS).into_iter().enumerate() {
                visit(bytes, group, column, chunk.start);
            }
        }
    }
}

fn path(bytes: &[u8], chunk: usize) -> Option<String> {
    let metadata = thrift::field(bytes, chunk, CHUNK_METADATA)?;
    let path = thrift::field(bytes, metadata.value.start, COLUMN_PATH)?;
    let names = thrift::elements(bytes, path.value.start, BINARY)?;
    let names: Option<Vec<String>> = names.iter().map(|name| thrift::text(bytes, name)).collect();
    Some(names?.join("."))
}

/// What is put into a written footer, because the sources' footers say it.
pub(crate) struct Kept<'a> {
    /// The order of every column, if the sources have any.
    orders: Option<Vec<&'a [u8]>>,
    /// By row group and column of the output.
    pairs: Vec<(usize, usize, &'a [u8])>,
}

impl<'a> Kept<'a> {
    /// Of sources whose row groups follow one another in the output, with `added` columns after their own.
    pub(crate) fn of(sources: impl IntoIterator<Item = (&'a RawFooter, usize)>, added: usize) -> Self {
        let (mut orders, mut pairs, mut before) = (Vec::new(), Vec::new(), 0);
        for (footer, row_groups) in sources {
            orders.push(footer.column_orders());
            pairs.extend(
                footer.pairs().into_iter().map(|(group, column, pair)| (before + group, column, pair)),
            );
            before += row_groups;
        }
        let orders: Option<Vec<Vec<&[u8]>>> = orders.into_iter().collect();
        let orders = orders.and_then(|all| common(&all)).map(|mut orders| {
            // Ids are text and numbers integers.
            orders.extend(std::iter::repeat_n(&TYPE_DEFINED[..], added));
            orders
        });
        Self { orders, pairs }
    }

    /// The footer that the library wrote, with what is kept; as it was where that has no place in it.
    pub(crate) fn put_into(&self, footer: &[u8]) -> Vec<u8> {
        self.rewritten(footer).unwrap_or_else(|| footer.to_vec())
    }

    fn rewritten(&self, footer: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(footer.len());
        let mut file = thrift::StructWriter::default();
        for field in thrift::fields(footer, 0)?.0 {
            match field.id {
                FILE_ROW_GROUPS if !self.pairs.is_empty() => {
                    file.field(&mut out, field.id, LIST, &self.row_groups(footer, field.value.start)?);
                }
                // Without orders in the sources there are none in the output: readers then know what the bounds are worth.
                FILE_COLUMN_ORDERS => {
                    if let Some(orders) = &self.orders {
                        let mut list = Vec::new();
                        thrift::write_list_header(orders.len(), STRUCT, &mut list);
                        list.extend(orders.iter().copied().flatten());
                        file.field(&mut out, field.id, LIST, &list);
                    }
                }
                _ => file.field(&mut out, field.id, field.kind, &footer[field.value.clone()]),
            }
        }
        file.end(&mut out);
        Some(out)
    }

    fn row_groups(&self, footer: &[u8], at: usize) -> Option<Vec<u8>> {
        let mut pairs = self.pairs.iter().peekable();
        let groups = thrift::elements(footer, at, STRUCT)?;
        let mut out = Vec::new();
        thrift::write_list_header(groups.len(), STRUCT, &mut out);
        for (number, group) in groups.into_iter().enumerate() {
            let group = with_other(footer, group.start, GROUP_COLUMNS, |columns| {
                let chunks = thrift::elements(footer, columns, STRUCT)?;
                let mut out = Vec::new();
                thrift::write_list_header(chunks.len(), STRUCT, &mut out);
                for (column, chunk) in chunks.into_iter().enumerate() {
                    match pairs.next_if(|(group, at, _)| (*group, *at) == (number, column)) {
                        Some((_, _, pair)) => {
                            out.extend(with_other(footer, chunk.start, CHUNK_METADATA, |metadata| {
                                with_pairs(footer, metadata, pair)
                            })?)
                        }
                        None => out.extend_from_slice(&footer[chunk]),
                    }
                }
                Some(out)
            })?;
            out.extend(group);
        }
        Some(out)
    }
}

/// A struct with another value for one of its fields.
fn with_other(
    bytes: &[u8],
    at: usize,
    id: i16,
    other: impl FnOnce(usize) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (mut out, mut writer, mut other) = (Vec::new(), thrift::StructWriter::default(), Some(other));
    for field in thrift::fields(bytes, at)?.0 {
        match other.take_if(|_| field.id == id) {
            Some(other) => writer.field(&mut out, id, field.kind, &other(field.value.start)?),
            None => writer.field(&mut out, field.id, field.kind, &bytes[field.value.clone()]),
        }
    }
    writer.end(&mut out);
    Some(out)
}

/// A column's metadata with the pairs in their place among its fields.
fn with_pairs(bytes: &[u8], at: usize, pairs: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut writer, mut pairs) = (Vec::new(), thrift::StructWriter::default(), Some(pairs));
    for field in thrift::fields(bytes, at)?.0 {
        if let Some(pairs) = pairs.take_if(|_| field.id > COLUMN_PAIRS) {
            writer.field(&mut out, COLUMN_PAIRS, LIST, pairs);
        }
        writer.field(&mut out, field.id, field.kind, &bytes[field.value.clone()]);
    }
    writer.end(&mut out);
    Some(out)
}

/// The order that each column has in all sources. Where they differ, bounds hold by the type's own order in all of them:
/// the other orders only say more about zeros and numbers that are none.
fn common<'a>(sources: &[Vec<&'a [u8]>]) -> Option<Vec<&'a [u8]>> {
    let first = sources.first()?;
    let order = |(column, order): (usize, &&'a [u8])| {
        let agree = sources.iter().all(|source| source.get(column) == Some(order));
        if agree { *order } else { &TYPE_DEFINED[..] }
    };
    Some(first.iter().enumerate().map(order).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int32Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::file::metadata::ParquetMetaDataReader;

    use super::*;

    /// The footer of three row groups with two columns.
    fn footer() -> RawFooter {
        let column = || Arc::new(Int32Array::from(vec![1, 2, 3])) as arrow_array::ArrayRef;
        let batch = RecordBatch::try_from_iter([("a", column()), ("b", column())]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        for _ in 0..3 {
            writer.write(&batch).unwrap();
            writer.flush().unwrap();
        }
        RawFooter::read(&Bytes::from(writer.into_inner().unwrap())).unwrap()
    }

    /// `[{key: "k", value: "v"}]`, and the same with another value.
    const PAIRS: [&[u8]; 2] = [b"\x1c\x18\x01k\x18\x01v\0", b"\x1c\x18\x01k\x18\x01w\0"];

    #[test]
    fn pairs_of_columns_go_along_and_nothing_else_changes() {
        let plain = footer();
        let orders = plain.column_orders().unwrap();
        let pairs = vec![(0, 1, PAIRS[0]), (2, 0, PAIRS[1])];
        let source = Kept { orders: Some(orders.clone()), pairs: pairs.clone() }.put_into(&plain.0);
        let source = RawFooter(source.into());
        assert_eq!(source.pairs(), pairs);
        // As of a second file, one row group after another.
        let kept = Kept::of([(&plain, 3), (&source, 3)], 0);
        assert_eq!(kept.pairs, [(3, 1, PAIRS[0]), (5, 0, PAIRS[1])]);
        let decode = |footer: &RawFooter| ParquetMetaDataReader::decode_metadata(&footer.0).unwrap();
        assert_eq!(decode(&source), decode(&plain));
        // Without them, the footer is to the byte what it was.
        assert_eq!(Kept::of([(&plain, 3)], 0).put_into(&plain.0), plain.0);
    }

    #[test]
    fn orders_are_those_of_all_sources() {
        let plain = footer();
        let of = |orders: &[&'static [u8]]| Kept { orders: Some(orders.to_vec()), pairs: Vec::new() };
        let other: &[u8] = &[0x2c, 0, 0];
        let source = RawFooter(of(&[other, other]).put_into(&plain.0).into());
        assert_eq!(Kept::of([(&source, 3)], 1).orders.unwrap(), [other, other, &TYPE_DEFINED]);
        assert_eq!(Kept::of([(&source, 3), (&plain, 3)], 0).orders.unwrap(), [TYPE_DEFINED, TYPE_DEFINED]);
        let none = RawFooter(Kept { orders: None, pairs: Vec::new() }.put_into(&plain.0).into());
        assert!(none.column_orders().is_none());
        assert!(Kept::of([(&plain, 3), (&none, 3)], 1).orders.is_none());
    }
}
