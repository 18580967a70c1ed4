//! Files with a damaged byte: whatever comes of it, it is a report or an error, and no panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use spectrum_core::IdScheme;
use spectrum_generate::{Ids, Order};

use crate::generated::events;
use crate::runs::Folder;
use crate::write_inputs;

/// Runs `in.*` to `out.*` with every `step`th byte damaged, and returns how many runs were refused.
fn damage(folder: &Folder, name: &str, to: &str, step: usize) -> (usize, usize) {
    let whole = folder.read(name);
    let (mut runs, mut refused) = (0, 0);
    for at in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[at] ^= if at % 2 == 0 { 0xff } else { 1 << (at % 7) };
        folder.write(name, &bytes);
        let run =
            || folder.run(name, to).id(IdScheme::Encoded).options(|options| options.force = true).result();
        let Ok(result) = catch_unwind(AssertUnwindSafe(run)) else {
            panic!("a panic with byte {at} of {name} damaged");
        };
        runs += 1;
        if let Err(message) = result {
            refused += 1;
            let folder = folder.path(""); // some file or other is named
            assert!(message.contains(folder.to_str().unwrap()), "{message}");
        }
        assert!(folder.files().iter().all(|file| !file.contains(".spectrum-")));
    }
    (runs, refused)
}

#[test]
fn damaged_parquet_is_refused_or_copied() {
    for to in ["out.parquet", "out.csv"] {
        let folder = Folder::new();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_bloom_filter_enabled(true)
            .set_bloom_filter_max_ndv(20)
            .set_max_row_group_row_count(Some(40))
            .set_data_page_row_count_limit(15)
            .set_write_batch_size(5);
        let batch = events(60, Ids::Uuid, Order::Time);
        write_inputs::parquet_with(&folder.path("in.parquet"), &[batch], properties.build());
        let (runs, refused) = damage(&folder, "in.parquet", to, 37);
        assert!(runs > 100 && refused > runs / 10, "{refused} of {runs}");
    }
}

#[test]
fn damaged_text_is_refused_or_passed_on() {
    for format in ["csv", "ndjson"] {
        let folder = Folder::new();
        let name = format!("in.{format}");
        let batch = [events(40, Ids::Int, Order::Time)];
        match format {
            "csv" => folder.write(&name, write_inputs::csv(&batch)),
            _ => folder.write(&name, write_inputs::ndjson(&batch)),
        };
        for to in [format!("out.{format}"), "out.parquet".to_owned()] {
            let (runs, refused) = damage(&folder, &name, &to, 23);
            assert!(runs > 100 && refused > runs / 10, "{refused} of {runs}");
        }
    }
}

#[test]
fn damaged_compression_is_refused() {
    let folder = Folder::new();
    let plain = write_inputs::csv(&[events(400, Ids::Int, Order::Time)]);
    folder.write("in.csv.zst", zstd::encode_all(plain.as_bytes(), 3).unwrap());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, plain.as_bytes()).unwrap();
    folder.write("in.csv.gz", encoder.finish().unwrap());
    for name in ["in.csv.gz", "in.csv.zst"] {
        let (runs, refused) = damage(&folder, name, "out.csv", 37);
        assert!(runs > 50 && refused > runs / 2, "{refused} of {runs}");
    }
}
