//! Azure Blob Storage.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use spectrum_store::{Problem, Scheme, StoreError, StoreRemedy};

use super::{Client, answers, no_credentials, not_made};
use crate::settings::{Settings, client_options, retries, variable};

/// Variables that lead to credentials, beside those of accounts.
const CREDENTIALS: [&str; 8] = [
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_USE_AZURE_CLI",
    "AZURE_STORAGE_USE_EMULATOR",
];

/// The account of the emulator, which is public.
const EMULATOR: &str = "devstoreaccount1";

/// The container, and the account where it stands in the name, as in `abfss://container@account.dfs.core.windows.net`.
pub(crate) fn container_and_account(host: &str) -> (String, Option<String>) {
    match host.split_once('@') {
        Some((container, host)) => {
            let account = host.split('.').next().unwrap_or_default().to_ascii_lowercase();
            (container.to_owned(), Some(account))
        }
        None => (host.to_owned(), None),
    }
}

/// The account that is meant where none is named.
pub(crate) fn own_account() -> Option<String> {
    let connection = connection();
    variable("AZURE_STORAGE_ACCOUNT")
        .or_else(|| variable("AZURE_STORAGE_ACCOUNT_NAME"))
        .or_else(|| connection.get("accountname").cloned())
        .or_else(|| uses_emulator(&connection).then(|| EMULATOR.to_owned()))
}

fn connection() -> HashMap<String, String> {
    variable("AZURE_STORAGE_CONNECTION_STRING").map(|text| pairs(&text)).unwrap_or_default()
}

fn uses_emulator(connection: &HashMap<String, String>) -> bool {
    connection.get("usedevelopmentstorage").is_some_and(|value| value == "true")
}

pub(super) fn client(bucket: String, settings: &Settings) -> io::Result<Client> {
    let (container, named) = container_and_account(&bucket);
    let connection = connection();
    let of_connection = |key: &str| connection.get(key).cloned();
    let uses_emulator = uses_emulator(&connection);
    let account = named.or_else(own_account);
    let Some(account) = account else {
        return Err(StoreError::new(Problem::NoCredentials, "the storage account is not known")
            .or(StoreRemedy::Say(
                "set AZURE_STORAGE_ACCOUNT, or write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/BLOB"
                    .into(),
            ))
            .into());
    };
    let endpoint = settings.endpoint.clone().or_else(|| variable("AZURE_STORAGE_ENDPOINT"));
    let endpoint = endpoint.or_else(|| of_connection("blobendpoint")).or_else(|| {
        let suffix = of_connection("endpointsuffix")?;
        Some(format!("https://{account}.blob.{suffix}"))
    });
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_account(&account)
        .with_container_name(&container)
        .with_retry(retries())
        .with_client_options(client_options(endpoint.as_deref()));
    if let Some(endpoint) = &endpoint {
        builder = builder
            .with_endpoint(endpoint.trim_end_matches('/').to_owned())
            .with_allow_http(endpoint.to_ascii_lowercase().starts_with("http://"));
    }
    let key = variable("AZURE_STORAGE_KEY").or_else(|| of_connection("accountkey"));
    let sas = variable("AZURE_STORAGE_SAS_TOKEN").or_else(|| of_connection("sharedaccesssignature"));
    if settings.anonymous {
        builder = builder.with_skip_signature(true);
    } else if uses_emulator {
        builder = builder.with_use_emulator(true);
    } else if let Some(key) = key {
        builder = builder.with_access_key(key);
    } else if let Some(sas) = sas {
        builder = builder.with_config(AzureConfigKey::SasKey, sas.trim_start_matches('?'));
    } else if !has_credentials() {
        return Err(no_credentials(
            &format!(
                "no credentials were found for account '{account}': not in AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or \
                 AZURE_STORAGE_CONNECTION_STRING, and this machine has no identity"
            ),
            "set one of them, or AZURE_USE_AZURE_CLI=true after az login",
        ));
    }
    let store = Arc::new(builder.build().map_err(not_made(Scheme::Azure, &container))?);
    Ok(Client {
        scheme: Scheme::Azure,
        bucket: container,
        store: Arc::clone(&store) as _,
        pages: Some(Arc::clone(&store) as _),
        parts: Some(store),
        s3: None,
    })
}

/// The settings of a connection string, their names in small letters.
fn pairs(text: &str) -> HashMap<String, String> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

fn has_credentials() -> bool {
    CREDENTIALS.iter().any(|name| variable(name).is_some())
        || variable("IDENTITY_ENDPOINT").is_some()
        || answers("169.254.169.254:80")
}
