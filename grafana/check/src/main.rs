//! Draws the dashboard's data: `cargo run -p spectrum-grafana-check -- preview`.

use anyhow::{Result, bail};
use spectrum_grafana_check::dashboard::folder;
use spectrum_grafana_check::preview::preview;
use spectrum_testkit::PrivatePostgres;

fn main() -> Result<()> {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [command] if command == "preview" => {}
        _ => bail!("the one command is: preview"),
    }
    let path = folder().join("preview.svg");
    let svg = preview(&PrivatePostgres::start()?)?;
    std::fs::write(&path, &svg)?;
    println!("wrote {} ({} kB)", path.canonicalize()?.display(), svg.len() / 1000);
    Ok(())
}
