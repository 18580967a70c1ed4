//! What lies in object stores, on servers that really run: moto's S3 and Azurite. `cargo xtask stores` runs these; they need
//! packages of PyPI and npm, so the ordinary tests leave them out.
#![cfg(feature = "objects")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod azure;
mod broken;
mod names;
mod proxy;
mod refused;
mod s3;
mod servers;
mod spectrum;
mod tables;
mod uploads;
mod web;
