//! What a footer says and the parquet library does not pass on.

use bytes::Bytes;
use parquet::file::reader::ChunkReader;

use super::thrift::{self, BINARY, LIST, STRUCT};

/// Fields of `FileMetaData`, `RowGroup`, `ColumnChunk` and `ColumnMetaData` in `parquet.thrift`.
pub(super) const FILE_SCHEMA: i16 = 2;
pub(super) const FILE_ROW_GROUPS: i16 = 4;
pub(super) const FILE_COLUMN_ORDERS: i16 = 7;
const FILE_ENCRYPTION: i16 = 8;
pub(super) const GROUP_COLUMNS: i16 = 1;
pub(super) const CHUNK_METADATA: i16 = 3;
const CHUNK_CRYPTO: i16 = 8;
const COLUMN_PATH: i16 = 3;
pub(super) const COLUMN_PAIRS: i16 = 8;

/// Length and magic number at a file's end.
const TAIL: usize = 8;

/// A footer as it stands in the file.
#[derive(Debug, Default)]
pub(crate) struct RawFooter(pub(super) Bytes);

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

    /// What the file says of its root and of each column, one after another.
    pub(super) fn schema(&self) -> Option<Vec<&[u8]>> {
        let schema = thrift::field(&self.0, 0, FILE_SCHEMA)?;
        let elements = thrift::elements(&self.0, schema.value.start, STRUCT)?;
        Some(elements.into_iter().map(|element| &self.0[element]).collect())
    }

    /// How each column is ordered; `None` where the file does not say it.
    pub(super) fn column_orders(&self) -> Option<Vec<&[u8]>> {
        let orders = thrift::field(&self.0, 0, FILE_COLUMN_ORDERS)?;
        let orders = thrift::elements(&self.0, orders.value.start, STRUCT)?;
        Some(orders.into_iter().map(|order| &self.0[order]).collect())
    }

    /// The pairs that chunks have of their own, each with the number of its row group and of its column.
    pub(super) fn pairs(&self) -> Vec<(usize, usize, &[u8])> {
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
