//! What a copy's footer says in the words of its sources, because the parquet library would say it otherwise or not at all.

use super::raw_footer::{
    CHUNK_METADATA, COLUMN_PAIRS, FILE_COLUMN_ORDERS, FILE_ROW_GROUPS, FILE_SCHEMA, GROUP_COLUMNS, RawFooter,
};
use super::thrift::{self, LIST, STRUCT};

/// Of `SchemaElement` in `parquet.thrift`.
const ELEMENT_CHILDREN: i16 = 5;

/// A column order that the type defines: field 1 of the union, an empty struct.
const TYPE_DEFINED: [u8; 3] = [0x1c, 0, 0];

/// What is put into a written footer, because the sources' footers say it.
pub(crate) struct Kept<'a> {
    /// What the first source says of its root and its columns. The library knows the types of today alone, and adds
    /// converted types, by which older readers take a local time for an instant.
    schema: Option<Vec<&'a [u8]>>,
    /// How many columns follow those of the sources.
    added: usize,
    /// The order of every column, if the sources have any.
    orders: Option<Vec<&'a [u8]>>,
    /// By row group and column of the output.
    pairs: Vec<(usize, usize, &'a [u8])>,
}

impl<'a> Kept<'a> {
    /// Of sources whose row groups follow one another in the output, with `added` columns after their own.
    pub(crate) fn of(sources: impl IntoIterator<Item = (&'a RawFooter, usize)>, added: usize) -> Self {
        let (mut schema, mut orders, mut pairs, mut before) = (None, Vec::new(), Vec::new(), 0);
        for (at, (footer, row_groups)) in sources.into_iter().enumerate() {
            if at == 0 {
                schema = footer.schema();
            }
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
        Self { schema, added, orders, pairs }
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
                FILE_SCHEMA => match self.schema(footer, field.value.start) {
                    Some(schema) => file.field(&mut out, field.id, LIST, &schema),
                    None => file.field(&mut out, field.id, field.kind, &footer[field.value.clone()]),
                },
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

    /// The sources' columns in their own words, and the added ones. The root counts all of them.
    fn schema(&self, footer: &[u8], at: usize) -> Option<Vec<u8>> {
        let (root, columns) = self.schema.as_ref()?.split_first()?;
        let written = thrift::elements(footer, at, STRUCT)?;
        let added = written.get(written.len().checked_sub(self.added)?..)?;
        if written.len() != 1 + columns.len() + added.len() {
            return None;
        }
        let children = thrift::field(footer, written.first()?.start, ELEMENT_CHILDREN)?;
        let root = with_other(root, 0, ELEMENT_CHILDREN, |_| Some(footer[children.value].to_vec()))?;
        let mut out = Vec::new();
        thrift::write_list_header(written.len(), STRUCT, &mut out);
        out.extend(root);
        out.extend(columns.iter().copied().flatten());
        out.extend(added.iter().flat_map(|element| &footer[element.clone()]));
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
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Type as Physical;
    use parquet::file::metadata::ParquetMetaDataReader;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::types::Type;

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

    fn nothing() -> Kept<'static> {
        Kept { schema: None, added: 0, orders: None, pairs: Vec::new() }
    }

    /// Written by pyarrow, which says of a local time in milliseconds that it is one, and has no converted type for that.
    #[test]
    fn columns_are_described_in_the_sources_words() {
        let file = include_bytes!("../../tests/data/pyarrow_version_2_4.parquet");
        let source = RawFooter::read(&Bytes::from_static(file)).unwrap();
        // As the library reads and writes it, with a column more.
        let groups = ParquetMetaDataReader::decode_metadata(&source.0).unwrap();
        let columns = groups.file_metadata().schema().get_fields().iter().cloned();
        let added = Type::primitive_type_builder("id", Physical::INT32).build().map(Arc::new).unwrap();
        let root = Type::group_type_builder("schema").with_fields(columns.chain([added]).collect());
        let root = root.build().map(Arc::new).unwrap();
        let writer = SerializedFileWriter::new(Vec::new(), root, Default::default()).unwrap();
        let written = RawFooter::read(&Bytes::from(writer.into_inner().unwrap())).unwrap();
        let (before, library) = (source.schema().unwrap(), written.schema().unwrap());
        assert_ne!(library[1..before.len()], before[1..]);

        let kept = RawFooter(Kept::of([(&source, 3)], 1).put_into(&written.0).into());
        let after = kept.schema().unwrap();
        assert_eq!(after[1..before.len()], before[1..]);
        assert_eq!(after[before.len()..], library[before.len()..]);
        let read = ParquetMetaDataReader::decode_metadata(&kept.0).unwrap();
        assert_eq!(read.file_metadata().schema().get_fields().len(), 8);
        // Where the columns are not those of the source, nothing is claimed.
        assert_eq!(Kept::of([(&source, 3)], 0).schema(&written.0, 0), None);
    }

    /// `[{key: "k", value: "v"}]`, and the same with another value.
    const PAIRS: [&[u8]; 2] = [b"\x1c\x18\x01k\x18\x01v\0", b"\x1c\x18\x01k\x18\x01w\0"];

    #[test]
    fn pairs_of_columns_go_along_and_nothing_else_changes() {
        let plain = footer();
        let orders = plain.column_orders().unwrap();
        let pairs = vec![(0, 1, PAIRS[0]), (2, 0, PAIRS[1])];
        let source =
            Kept { orders: Some(orders.clone()), pairs: pairs.clone(), ..nothing() }.put_into(&plain.0);
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
        let of = |orders: &[&'static [u8]]| Kept { orders: Some(orders.to_vec()), ..nothing() };
        let other: &[u8] = &[0x2c, 0, 0];
        let source = RawFooter(of(&[other, other]).put_into(&plain.0).into());
        assert_eq!(Kept::of([(&source, 3)], 1).orders.unwrap(), [other, other, &TYPE_DEFINED]);
        assert_eq!(Kept::of([(&source, 3), (&plain, 3)], 0).orders.unwrap(), [TYPE_DEFINED, TYPE_DEFINED]);
        let none = RawFooter(nothing().put_into(&plain.0).into());
        assert!(none.column_orders().is_none());
        assert!(Kept::of([(&plain, 3), (&none, 3)], 1).orders.is_none());
    }
}
