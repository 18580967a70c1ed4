//! The program `spectrum`; everything is in the library, which the Python package calls too.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(spectrum_cli::run(std::env::args_os()))
}
