//! How long generating takes: `cargo run --release -p spectrum-generate --example timing -- 10000000 time uuid`.

use std::error::Error;
use std::time::Instant;

use spectrum_generate::{Generate, generate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |default: &str| arguments.next().unwrap_or_else(|| default.to_owned());
    let options = Generate {
        events: argument("10000000").parse()?,
        order: argument("time").parse()?,
        ids: argument("uuid").parse()?,
        seed: argument("1").parse()?,
    };

    let start = Instant::now();
    let batches = generate(&options, 65_536)?;
    let planned = start.elapsed();
    let (mut rows, mut bytes) = (0, 0);
    for batch in batches {
        rows += batch.num_rows();
        bytes += batch.get_array_memory_size();
    }
    let finished = start.elapsed();

    assert_eq!(rows as u64, options.events, "rows generated");
    println!("{rows} events, {} MB of columns", bytes / 1_000_000);
    println!("planned and sorted in {planned:.2?}, columns in {:.2?}", finished - planned);
    // The kernel's account of the largest resident size; only Linux keeps one here.
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM"))
    {
        println!("{peak}");
    }
    Ok(())
}
