//! Files of web servers. Each has a client of its own, because what comes after `?` belongs to one file alone.

use std::io;
use std::sync::Arc;

use object_store::http::HttpBuilder;
use spectrum_store::Scheme;

use super::{Client, not_made};
use crate::settings::{client_options, retries};

pub(super) fn client(bucket: String, whole: &str) -> io::Result<Client> {
    let address = whole.split('#').next().unwrap_or(whole);
    let store = HttpBuilder::new()
        .with_url(address)
        .with_retry(retries())
        .with_client_options(client_options(Some(address)))
        .build()
        .map_err(not_made(Scheme::Http, &bucket))?;
    Ok(Client { scheme: Scheme::Http, bucket, store: Arc::new(store), pages: None, parts: None, s3: None })
}
