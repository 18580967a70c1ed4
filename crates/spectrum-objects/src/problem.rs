//! What a server's answer means, in words that hold nothing secret.

use std::error::Error;

use object_store::Error as Failure;
use spectrum_store::{Problem, Scheme, StoreError, StoreRemedy};

/// What a failed request means. `bucket` is what the store is called there.
pub(crate) fn of(failure: &Failure, scheme: Scheme, bucket: &str) -> StoreError {
    let said = Said::by(failure);
    let code = said.code.as_deref().unwrap_or_default();
    let words = said.in_words();
    let new = |problem| StoreError::new(problem, words.clone());
    match (said.status, code) {
        (_, "NoSuchBucket" | "ContainerNotFound") => {
            let kind = if scheme == Scheme::Azure { "container" } else { "bucket" };
            StoreError::new(Problem::Missing, format!("there is no {kind} '{bucket}'"))
        }
        (_, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => {
            StoreError::new(Problem::Refused, format!("the credentials have expired ({words})"))
                .or(StoreRemedy::Say("get new ones, as by signing in again".into()))
        }
        (_, "RequestTimeTooSkewed") => {
            new(Problem::Refused).or(StoreRemedy::Say("set the clock of this machine right".into()))
        }
        (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "AuthenticationFailed")
        | (Some(401), _) => {
            StoreError::new(Problem::Refused, format!("the server does not accept the credentials ({words})"))
                .or(StoreRemedy::Say(credentials_of(scheme).into()))
        }
        (Some(301 | 307 | 308), _) => {
            StoreError::new(Problem::Other, "the bucket lies in another region".to_owned())
                .or(StoreRemedy::Say("set AWS_REGION to it".into()))
        }
        (_, "AuthorizationHeaderMalformed") => {
            new(Problem::Other).or(StoreRemedy::Say("set AWS_REGION to the bucket's region".into()))
        }
        (Some(403), _) => StoreError::new(Problem::Refused, format!("the server refuses access ({words})"))
            .or(StoreRemedy::Say("use credentials that may do this".into())),
        (Some(404), _) => new(Problem::Missing),
        (Some(409 | 412), _) if matches!(failure, Failure::Precondition { .. }) => new(Problem::Changed),
        (Some(409 | 412), _) => new(Problem::Taken),
        (Some(429 | 500..=599), _) => {
            StoreError::new(Problem::Unavailable, format!("the server has failed or is overloaded ({words})"))
                .or(StoreRemedy::Say("try again later".into()))
        }
        _ if is_about(failure, &["Connect", "dns error"]) => {
            StoreError::new(Problem::Unavailable, format!("the server cannot be reached ({words})"))
                .or(StoreRemedy::NameEndpoint)
        }
        _ if is_about(failure, &["Timeout", "TimedOut"]) => {
            StoreError::new(Problem::Unavailable, "the server has said nothing for too long")
                .or(StoreRemedy::Say("try again later".into()))
        }
        _ if is_about(
            failure,
            &["Interrupted", "IncompleteMessage", "ConnectionReset", "message length"],
        ) =>
        {
            StoreError::new(Problem::Unavailable, "the connection broke, again and again")
                .or(StoreRemedy::Say("try again later".into()))
        }
        _ => new(Problem::Other),
    }
}

fn credentials_of(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        Scheme::Gs => "look at GOOGLE_APPLICATION_CREDENTIALS",
        Scheme::Azure => "look at AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_SAS_TOKEN",
        Scheme::Http => "look at the user and the password in its address",
    }
}

/// What a server said, or why there was no answer.
struct Said {
    status: Option<u16>,
    code: Option<String>,
    message: Option<String>,
    /// The innermost reason, where no server answered.
    reason: String,
}

impl Said {
    fn by(failure: &Failure) -> Self {
        let whole = failure.to_string();
        let status = whole.split_once("status code: ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
        let status = status.or(match failure {
            Failure::NotFound { .. } => Some(404),
            Failure::PermissionDenied { .. } => Some(403),
            Failure::Unauthenticated { .. } => Some(401),
            Failure::AlreadyExists { .. } => Some(409),
            Failure::Precondition { .. } => Some(412),
            _ if whole.contains("redirect without LOCATION") => Some(301),
            _ => None,
        });
        let element = |name: &str| {
            let (_, rest) = whole.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<')?.0.trim().to_owned())
        };
        let mut reason: &dyn Error = failure;
        while let Some(source) = reason.source() {
            reason = source;
        }
        let message = element("Message").map(|text| text.lines().next().unwrap_or_default().to_owned());
        Self { status, code: element("Code"), message, reason: without_addresses(&reason.to_string()) }
    }

    fn in_words(&self) -> String {
        match (&self.code, &self.message, self.status) {
            (Some(code), Some(message), _) if !message.is_empty() => {
                format!("{code}: {}", message.trim_end_matches('.'))
            }
            (Some(code), _, _) => code.clone(),
            (None, _, Some(404)) => "it is not there".to_owned(),
            (None, _, Some(status)) => format!("status {status}"),
            (None, _, None) => self.reason.clone(),
        }
    }
}

/// Requests stand in some reasons, and what is signed in them is nobody's business.
fn without_addresses(reason: &str) -> String {
    let words = reason.split_inclusive(' ').map(|word| match word.contains("://") {
        true => match word.split_once('?') {
            Some((before, _)) => format!("{before}?… "),
            None => word.to_owned(),
        },
        false => word.to_owned(),
    });
    let words: String = words.collect();
    words.trim().to_owned()
}

fn is_about(failure: &Failure, kinds: &[&str]) -> bool {
    let whole = format!("{failure:?}");
    kinds.iter().any(|kind| whole.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> StoreError {
        let failure = Failure::Generic { store: "S3", source: text.to_owned().into() };
        of(&failure, Scheme::S3, "lake")
    }

    #[test]
    fn what_servers_say_is_put_in_words_with_a_way_out() {
        let answer = |status: &str, code: &str, message: &str| {
            let error = said(&format!(
                "Error performing GET http://h/lake?X-Amz-Signature=secret in 1ms - Server returned non-2xx status code: \
                 {status}: <Error><Code>{code}</Code><Message>{message}</Message></Error>"
            ));
            let ways = error.remedies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ");
            (error.problem, format!("{}; {ways}", error.words))
        };
        let expired = answer("400 Bad Request", "ExpiredToken", "The provided token has expired.");
        let words = "the credentials have expired (ExpiredToken: The provided token has expired); get new ones, as by \
                     signing in again";
        assert_eq!(expired, (Problem::Refused, words.to_owned()));
        let clock = answer("403 Forbidden", "RequestTimeTooSkewed", "The difference is too large.");
        assert_eq!(
            clock.1,
            "RequestTimeTooSkewed: The difference is too large; set the clock of this machine right"
        );
        let denied = answer("403 Forbidden", "AccessDenied", "Access Denied");
        let words =
            "the server refuses access (AccessDenied: Access Denied); use credentials that may do this";
        assert_eq!(denied, (Problem::Refused, words.to_owned()));
        let region = said(
            "Received redirect without LOCATION, this normally indicates an incorrectly configured region",
        );
        assert_eq!(region.words, "the bucket lies in another region");
    }

    #[test]
    fn a_reason_shows_nothing_that_is_signed() {
        let error = said("could not parse http://h/a?X-Amz-Signature=secret here");
        assert_eq!(error.words, "could not parse http://h/a?… here");
    }
}
