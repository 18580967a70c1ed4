//! Google Cloud Storage.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::gcp::GoogleCloudStorageBuilder;
use spectrum_store::Scheme;

use super::{Client, answers, no_credentials, not_made};
use crate::settings::{Settings, client_options, retries, variable};

/// Variables that lead to credentials.
const CREDENTIALS: [&str; 5] = [
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_BEARER_TOKEN",
];

pub(super) fn client(bucket: String, settings: &Settings) -> io::Result<Client> {
    // The emulators' variable holds a host with its port, with or without a scheme.
    let emulator = variable("STORAGE_EMULATOR_HOST")
        .map(|host| if host.contains("://") { host } else { format!("http://{host}") });
    let endpoint =
        settings.endpoint.clone().or_else(|| emulator.clone()).or_else(|| variable("GOOGLE_BASE_URL"));
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(&bucket)
        .with_retry(retries())
        .with_client_options(client_options(endpoint.as_deref()));
    if let Some(endpoint) = &endpoint {
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    }
    if settings.anonymous || emulator.is_some() {
        builder = builder.with_skip_signature(true);
    } else if !has_credentials() {
        return Err(no_credentials(
            "no credentials were found: not in GOOGLE_APPLICATION_CREDENTIALS, not of gcloud, and this machine has no service \
             account",
            "set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login",
        ));
    }
    let store = Arc::new(builder.build().map_err(not_made(Scheme::Gs, &bucket))?);
    Ok(Client {
        scheme: Scheme::Gs,
        bucket,
        store: Arc::clone(&store) as _,
        pages: Some(Arc::clone(&store) as _),
        parts: Some(store),
        s3: None,
    })
}

fn has_credentials() -> bool {
    let of_gcloud = match variable("APPDATA") {
        Some(folder) => Some(PathBuf::from(folder).join("gcloud")),
        None => variable("HOME").map(|home| PathBuf::from(home).join(".config/gcloud")),
    };
    CREDENTIALS.iter().any(|name| variable(name).is_some())
        || of_gcloud.is_some_and(|folder| folder.join("application_default_credentials.json").is_file())
        || answers("metadata.google.internal:80")
}
