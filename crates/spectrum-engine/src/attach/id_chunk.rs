//! The session_id column of one row group, as a Parquet column chunk with a dictionary.
//!
//! Which events share an id is known here by number, so the chunk is put together without comparing a single
//! text; a general writer would hash every event's 32 characters to find that out again.

use std::io;

use bytes::Bytes;
use parquet::basic::{Compression as Codec, CompressionCodec, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::page_index::offset_index::{OffsetIndexMetaData, PageLocation};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use spectrum_core::SessionId;

use super::bit_packing::{bits_for, write_hybrid, write_run};

type Result<T> = std::result::Result<T, ParquetError>;

/// Rows of a data page; at 20 bits per index this is what other writers put into a page.
const PAGE_ROWS: usize = 131_072;

/// The ids of a row group's events: each session's once, and for every event which of them it has.
pub(super) struct IdColumn<'a> {
    pub(super) entries: &'a [SessionId],
    /// [`NULL`] for events whose id is NULL.
    pub(super) indexes: &'a [u32],
}

/// Stands for a NULL among the indexes.
pub(super) const NULL: u32 = u32::MAX;

/// A finished chunk, and what the footer says of it.
pub(super) struct IdChunk {
    pub(super) bytes: Bytes,
    pub(super) close: ColumnCloseResult,
}

impl IdColumn<'_> {
    /// Encodes the column described by `column`: flat, of byte arrays, optional where there are NULLs.
    pub(super) fn encode(&self, column: &ColumnDescPtr, codec: CompressionCodec) -> Result<IdChunk> {
        let packing = Packing::like(codec);
        let mut out = TrackedWrite::new(Vec::with_capacity(self.plain_bytes()));
        let mut pages = SerializedPageWriter::new(&mut out);
        let mut uncompressed = 0;
        let mut locations = Vec::new();

        let entries = u32::try_from(self.entries.len()).ok().filter(|n| *n < u32::MAX / 64);
        let entries =
            entries.ok_or_else(|| ParquetError::General("too many sessions in one row group".into()))?;
        let dictionary = Page::DictionaryPage {
            buf: Bytes::new(),
            num_values: entries,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        uncompressed += write_page(&mut pages, packing, dictionary, self.dictionary())?.uncompressed_size;

        let optional = column.max_def_level() > 0;
        let bits = bits_for(entries.saturating_sub(1));
        for (number, rows) in self.indexes.chunks(PAGE_ROWS).enumerate() {
            let mut body = Vec::with_capacity(rows.len() * bits as usize / 8 + 1024);
            if optional {
                write_levels(rows, &mut body);
            }
            body.push(bits as u8);
            if rows.contains(&NULL) {
                let values: Vec<u32> = rows.iter().copied().filter(|index| *index != NULL).collect();
                write_hybrid(&values, bits, &mut body);
            } else {
                write_hybrid(rows, bits, &mut body);
            }
            let page = Page::DataPage {
                buf: Bytes::new(),
                num_values: rows.len() as u32,
                encoding: Encoding::RLE_DICTIONARY,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            };
            let written = write_page(&mut pages, packing, page, body)?;
            uncompressed += written.uncompressed_size;
            locations.push(PageLocation {
                offset: written.offset as i64,
                compressed_page_size: written.compressed_size as i32,
                first_row_index: (number * PAGE_ROWS) as i64,
            });
        }
        pages.close()?;
        let bytes = Bytes::from(out.into_inner()?);
        let metadata = self.metadata(column, packing, &bytes, uncompressed, &locations)?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.indexes.len() as u64,
            metadata,
            bloom_filter: None,
            column_index: None, // bounds of a page of digests rule nothing out
            offset_index: Some(OffsetIndexMetaData {
                page_locations: locations,
                unencoded_byte_array_data_bytes: None,
            }),
        };
        Ok(IdChunk { bytes, close })
    }

    /// About how long the chunk is before compression, at 36 bytes per entry and 20 bits per index.
    fn plain_bytes(&self) -> usize {
        self.entries.len() * 36 + self.indexes.len() * 5 / 2 + 4096
    }

    /// The entries as plain byte arrays: a length of four bytes, then the digits.
    fn dictionary(&self) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.entries.len() * 36);
        for id in self.entries {
            plain.extend_from_slice(&32_u32.to_le_bytes());
            plain.extend_from_slice(&id.hex());
        }
        plain
    }

    fn metadata(
        &self,
        column: &ColumnDescPtr,
        packing: Packing,
        bytes: &Bytes,
        uncompressed: usize,
        pages: &[PageLocation],
    ) -> Result<ColumnChunkMetaData> {
        let nulls = self.indexes.iter().filter(|index| **index == NULL).count() as u64;
        let bound = |id: Option<&SessionId>| id.map(|id| ByteArray::from(id.hex().to_vec()));
        let (least, greatest) = (bound(self.entries.iter().min()), bound(self.entries.iter().max()));
        let count = |page_type, encoding, count: usize| PageEncodingStats {
            page_type,
            encoding,
            count: count as i32,
        };
        // A chunk without rows has a dictionary page only; its data pages would begin where it ends.
        let data_page_offset = pages.first().map_or(bytes.len() as i64, |page| page.offset);
        ColumnChunkMetaData::builder(column.clone())
            .set_compression(packing.codec())
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_page_encoding_stats(vec![
                count(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                count(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, pages.len()),
            ])
            .set_num_values(self.indexes.len() as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_dictionary_page_offset(Some(0))
            .set_data_page_offset(data_page_offset)
            .set_statistics(Statistics::ByteArray(
                ValueStatistics::new(least, greatest, None, Some(nulls), false)
                    .with_max_is_exact(true)
                    .with_min_is_exact(true),
            ))
            .build()
    }
}

/// Whether a row has an id: 1 where it has, 0 where it is NULL, after the length of all of it.
fn write_levels(rows: &[u32], body: &mut Vec<u8>) {
    let start = body.len();
    body.extend_from_slice(&[0; 4]);
    if rows.contains(&NULL) {
        let levels: Vec<u32> = rows.iter().map(|index| u32::from(*index != NULL)).collect();
        write_hybrid(&levels, 1, body);
    } else {
        write_run(1, rows.len(), 1, body);
    }
    let length = (body.len() - start - 4) as u32;
    body[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Sizes and place of a page in its chunk, headers included.
struct Written {
    offset: u64,
    compressed_size: usize,
    uncompressed_size: usize,
}

fn write_page<W: io::Write + Send>(
    pages: &mut SerializedPageWriter<'_, W>,
    packing: Packing,
    mut page: Page,
    body: Vec<u8>,
) -> Result<Written> {
    let uncompressed = body.len();
    let packed = Bytes::from(packing.pack(body)?);
    match &mut page {
        Page::DataPage { buf, .. } | Page::DataPageV2 { buf, .. } | Page::DictionaryPage { buf, .. } => {
            *buf = packed
        }
    }
    let spec = pages.write_page(CompressedPage::new(page, uncompressed))?;
    Ok(Written {
        offset: spec.offset,
        compressed_size: spec.compressed_size,
        uncompressed_size: spec.uncompressed_size,
    })
}

/// How the pages are compressed. Ids are digits of digests: only an entropy coder makes them smaller, so they
/// stay plain where the source has a codec that only looks for repetitions.
#[derive(Clone, Copy)]
enum Packing {
    Plain,
    Zstd,
}

impl Packing {
    fn like(source: CompressionCodec) -> Self {
        match source {
            CompressionCodec::GZIP | CompressionCodec::BROTLI | CompressionCodec::ZSTD => Self::Zstd,
            _ => Self::Plain,
        }
    }

    fn codec(self) -> Codec {
        match self {
            Self::Plain => Codec::UNCOMPRESSED,
            Self::Zstd => Codec::ZSTD(Default::default()),
        }
    }

    fn pack(self, body: Vec<u8>) -> Result<Vec<u8>> {
        match self {
            Self::Plain => Ok(body),
            Self::Zstd => Ok(zstd::bulk::compress(&body, 1)?),
        }
    }
}
