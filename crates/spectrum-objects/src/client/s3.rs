//! S3 and what speaks its language.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use spectrum_store::{Problem, Scheme, StoreError};

use super::{Client, answers, no_credentials, not_made};
use crate::profile::Profile;
use crate::settings::{Settings, client_options, retries, variable};

pub(super) fn client(bucket: String, settings: &Settings) -> io::Result<Client> {
    let profile = Profile::of_environment()?;
    let of_profile = |key: &str| profile.get(key).map(str::to_owned);
    let endpoint = settings
        .endpoint
        .clone()
        .or_else(|| {
            ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].iter().find_map(|name| variable(name))
        })
        .or_else(|| of_profile("endpoint_url"));
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| variable(name));
    let region = region.or_else(|| of_profile("region")).unwrap_or_else(|| "us-east-1".to_owned());
    let is_anonymous =
        settings.anonymous || variable("AWS_SKIP_SIGNATURE").is_some_and(|value| value == "true");
    let options = client_options(endpoint.as_deref());
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&bucket)
        .with_region(&region)
        .with_retry(retries())
        .with_client_options(options.clone());
    if let Some(endpoint) = &endpoint {
        builder = builder
            .with_endpoint(endpoint)
            .with_config(AmazonS3ConfigKey::S3Endpoint, endpoint)
            .with_allow_http(endpoint.to_ascii_lowercase().starts_with("http://"));
    }
    if is_anonymous {
        builder = builder.with_skip_signature(true);
    } else {
        builder = with_credentials(builder, &profile)?;
    }
    let failed = not_made(Scheme::S3, &bucket);
    let store = Arc::new(builder.build().map_err(&failed)?);
    let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    let requests = S3Requests {
        address: format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        region,
        credentials: (!is_anonymous).then(|| Arc::clone(store.credentials())),
        client: ReqwestConnector::default().connect(&options).map_err(failed)?,
    };
    Ok(Client {
        scheme: Scheme::S3,
        bucket,
        store: Arc::clone(&store) as _,
        pages: Some(Arc::clone(&store) as _),
        parts: Some(store),
        s3: Some(Arc::new(requests)),
    })
}

/// The builder with credentials, in the order in which AWS's tools look for them: the environment, a web identity, the
/// profile, a container, the machine.
fn with_credentials(builder: AmazonS3Builder, profile: &Profile) -> io::Result<AmazonS3Builder> {
    let is_set = |name: &str| variable(name).is_some();
    if is_set("AWS_ACCESS_KEY_ID") || is_set("AWS_SECRET_ACCESS_KEY") {
        return match ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].into_iter().find(|name| !is_set(name)) {
            None => Ok(builder),
            Some(missing) => Err(no_credentials(
                &format!("{missing} is not set, and the other half of it is"),
                &format!("set {missing}"),
            )),
        };
    }
    if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ROLE_ARN") {
        return Ok(builder);
    }
    if let Some((key, secret)) = profile.keys() {
        let builder = builder.with_access_key_id(key).with_secret_access_key(secret);
        return Ok(match profile.get("aws_session_token") {
            Some(token) => builder.with_token(token),
            None => builder,
        });
    }
    if let Some(refused) = profile.refused() {
        return Err(refused.into());
    }
    if is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        return Ok(builder);
    }
    let is_disabled =
        variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let own = variable("AWS_METADATA_ENDPOINT").is_some();
    if own || (!is_disabled && answers("169.254.169.254:80")) {
        return Ok(builder);
    }
    Err(no_credentials(
        &format!(
            "no credentials were found: not in AWS_ACCESS_KEY_ID, not in profile '{}' of ~/.aws, and this machine has no role",
            profile.name
        ),
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    ))
}

/// Requests that the client does not have.
pub(crate) struct S3Requests {
    /// The bucket's address.
    address: String,
    region: String,
    credentials: Option<AwsCredentialProvider>,
    client: HttpClient,
}

/// What became of an upload that was to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It shows.
    Shown,
    /// It shows, or something else does.
    Perhaps,
    /// The server knows no such condition.
    NotUnderstood,
}

/// An upload that somebody began and nobody ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) id: String,
    pub(crate) begun: String,
}

impl S3Requests {
    /// Uploads to a key that have not come to an end, with when they began.
    pub(crate) async fn unfinished(&self, key: &str) -> io::Result<Vec<Unfinished>> {
        let query = format!("prefix={}&uploads=", encoded(key));
        let listing = self.ask("GET", &format!("{}?{query}", self.address), String::new(), false).await;
        // Whoever may write may not always list; and a server that does not answer says so when it is written to.
        let listing = listing.ok().filter(|(status, _)| *status == 200);
        Ok(listing.map(|(_, text)| uploads_of(&text, key)).unwrap_or_default())
    }

    /// Whether an upload has not come to an end. One that was refused its name is there until it is forgotten, and one that
    /// has its name is there no more. Whoever may not ask is told that it is not.
    pub(crate) async fn is_unfinished(&self, key: &str, id: &str) -> io::Result<bool> {
        let address = format!("{}/{}?uploadId={}", self.address, encoded_key(key), encoded(id));
        match self.ask("GET", &address, String::new(), false).await? {
            (200, _) => Ok(true),
            (403 | 404, _) => Ok(false),
            (status, _) => {
                let words = format!("the server does not say what became of the upload (status {status})");
                Err(StoreError::new(Problem::Unavailable, words).into())
            }
        }
    }

    /// Ends an upload by its parts, if no object has its name by then.
    pub(crate) async fn complete_if_free(&self, key: &str, id: &str, parts: &[String]) -> io::Result<Ended> {
        let parts: String = parts
            .iter()
            .enumerate()
            .map(|(at, tag)| {
                format!("<Part><ETag>{}</ETag><PartNumber>{}</PartNumber></Part>", escaped(tag), at + 1)
            })
            .collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let address = format!("{}/{}?uploadId={}", self.address, encoded_key(key), encoded(id));
        let mut was_asked = false;
        let mut pause = Duration::from_millis(200);
        for is_last in [false, false, false, true] {
            match self.ask("POST", &address, body.clone(), true).await {
                Ok((200, text)) if !text.contains("<Error>") => return Ok(Ended::Shown),
                // Perhaps by the first of two requests, whose answer was lost.
                Ok((404 | 409 | 412, _)) if was_asked => return Ok(Ended::Perhaps),
                Ok((409 | 412, _)) => {
                    let words = "an object of that name has come meanwhile";
                    return Err(StoreError::new(Problem::Taken, words).into());
                }
                Ok((501, _)) => return Ok(Ended::NotUnderstood),
                Ok((status, _)) if is_last || (status < 500 && status != 200) => {
                    let words = format!("the upload could not be ended (status {status})");
                    return Err(StoreError::new(Problem::Other, words).into());
                }
                Err(error) if is_last => return Err(error),
                _ => {}
            }
            was_asked = true;
            tokio::time::sleep(pause).await;
            pause *= 3;
        }
        Ok(Ended::Perhaps)
    }

    async fn ask(
        &self,
        method: &str,
        address: &str,
        body: String,
        if_free: bool,
    ) -> io::Result<(u16, String)> {
        let malformed = |_| io::Error::other("the address is malformed");
        let mut request = HttpRequest::new(HttpRequestBody::from(body));
        *request.uri_mut() = address.parse().map_err(malformed)?;
        *request.method_mut() = method.parse().map_err(|_| io::Error::other("no such method"))?;
        if let Some(provider) = &self.credentials {
            let failed = |failure| io::Error::from(crate::problem::of(&failure, Scheme::S3, ""));
            let credential = provider.get_credential().await.map_err(failed)?;
            AwsAuthorizer::new(&credential, "s3", &self.region)
                .try_authorize(&mut request, None)
                .map_err(failed)?;
        }
        if if_free {
            request
                .headers_mut()
                .insert("if-none-match", "*".parse().map_err(|_| io::Error::other("no header"))?);
        }
        let failed = |_| io::Error::from(StoreError::new(Problem::Unavailable, "the server did not answer"));
        let response = self.client.execute(request).await.map_err(failed)?;
        let status = response.status().as_u16();
        let bytes = response.into_body().bytes().await.map_err(failed)?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// The uploads to one key in a listing of those to keys that begin so.
fn uploads_of(listing: &str, key: &str) -> Vec<Unfinished> {
    let of_upload = |upload: &str| {
        let element = |name: &str| {
            let (_, rest) = upload.split_once(&format!("<{name}>"))?;
            Some(unescaped(rest.split_once(&format!("</{name}>"))?.0))
        };
        (element("Key")? == key).then_some(())?;
        Some(Unfinished { id: element("UploadId")?, begun: element("Initiated").unwrap_or_default() })
    };
    listing.split("<Upload>").skip(1).filter_map(of_upload).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// A text as a part of a query, by the rules of signatures: everything but letters, digits and `-_.~` is encoded.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A key in an address, whose slashes stay.
fn encoded_key(key: &str) -> String {
    key.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uploads_to_the_very_key_are_unfinished_ones_of_it() {
        let listing = "<R><Upload><Key>a&amp;b.csv</Key><UploadId>one</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated>\
                       </Upload><Upload><Key>a&amp;b.csv.gz</Key><UploadId>two</UploadId></Upload></R>";
        let found = uploads_of(listing, "a&b.csv");
        assert_eq!(found, [Unfinished { id: "one".into(), begun: "2026-01-01T00:00:00Z".into() }]);
        assert!(uploads_of(listing, "a").is_empty());
    }

    #[test]
    fn keys_in_addresses_keep_their_slashes_alone() {
        assert_eq!(encoded_key("a b/ü+%#.csv"), "a%20b/%C3%BC%2B%25%23.csv");
    }
}
