//! Clients of stores: one for each bucket, made when it is first asked for, with the credentials that the vendor's own tools
//! would take.

pub(crate) mod azure;
mod google;
mod s3;
mod web;

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use spectrum_store::{Problem, Scheme, StoreError, StoreRemedy};

pub(crate) use self::s3::{Ended, S3Requests};
use crate::place::Place;
use crate::problem;
use crate::settings::Settings;

/// What can be asked of a bucket.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) scheme: Scheme,
    /// What messages call the bucket.
    pub(crate) bucket: String,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Nothing of a web server, which lists nothing.
    pub(crate) pages: Option<Arc<dyn PaginatedListStore>>,
    /// Nothing of a web server, to which nothing is written.
    pub(crate) parts: Option<Arc<dyn MultipartStore>>,
    /// What only S3 has.
    pub(crate) s3: Option<Arc<S3Requests>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("scheme", &self.scheme)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the bucket of a place; `whole` is the place's name with what must not be shown.
    pub(crate) fn new(place: &Place, whole: &str, settings: &Settings) -> io::Result<Self> {
        let bucket = place.host.clone();
        match place.scheme {
            Scheme::S3 => s3::client(bucket, settings),
            Scheme::Gs => google::client(bucket, settings),
            Scheme::Azure => azure::client(bucket, settings),
            Scheme::Http => web::client(bucket, whole),
        }
    }

    /// What a failed request means.
    pub(crate) fn problem(&self, failure: &object_store::Error) -> io::Error {
        problem::of(failure, self.scheme, &self.bucket).into()
    }
}

/// A client that cannot be made, because something in the environment is not what it should be.
fn not_made(scheme: Scheme, bucket: &str) -> impl Fn(object_store::Error) -> io::Error {
    move |failure| problem::of(&failure, scheme, bucket).into()
}

/// Whether something answers at an address that only machines of a cloud have.
fn answers(address: &str) -> bool {
    let Ok(mut addresses) = address.to_socket_addrs() else { return false };
    addresses.any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

fn no_credentials(words: &str, way: &str) -> io::Error {
    StoreError::new(Problem::NoCredentials, words)
        .or(StoreRemedy::Say(way.to_owned()))
        .or(StoreRemedy::AskAnonymously)
        .into()
}
