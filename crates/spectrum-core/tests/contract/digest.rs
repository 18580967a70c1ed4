//! The digest is what PostgreSQL says of the same pairs, in SQL that shares nothing with the kernel.

use spectrum_core::{Digest, SessionId};
use spectrum_testkit::PrivatePostgres;

/// The definition, word for word.
const DIGEST: &str = "
    SELECT COUNT(*), SUM(('x' || SUBSTR(md5, 1, 16))::BIT(64)::BIGINT),
           SUM(('x' || SUBSTR(md5, 17, 16))::BIT(64)::BIGINT)
    FROM (SELECT MD5(CASE WHEN event_id IS NULL THEN '-' ELSE OCTET_LENGTH(event_id) || ':' || event_id END ||
                     CASE WHEN session_id IS NULL THEN '-' ELSE '32:' || session_id END) AS md5
          FROM (VALUES ROWS) AS pairs (event_id, session_id)) AS digests";

#[test]
fn postgresql_digests_the_same() {
    let server = PrivatePostgres::shared().unwrap();
    let session = Some(SessionId::from_bytes(std::array::from_fn(|at| at as u8)));
    let long = "é".repeat(500);
    let pairs =
        [(Some("e1"), session), (Some("é"), session), (None, session), (Some("e1"), None), (None, None)];
    let more = [(Some(""), session), (Some("'-"), None), (Some(&long), session), (Some("e1"), session)];
    for (pairs, digits) in [
        (&pairs[..1], Some("7a7f8132998d0a3b28766a437cba2eba")),
        (&pairs[..], Some("f96ec7995be3caf3567e691ec75a3a6c")),
        (&[&pairs[..], &more].concat(), None),
    ] {
        let mut digest = Digest::default();
        let mut rows = Vec::new();
        for (event, session) in pairs {
            digest.add(event.map(str::as_bytes), *session);
            let session = session.map(|id| id.to_string());
            let literals = [event.map(str::to_owned), session].map(literal);
            rows.push(format!("({})", literals.join(", ")));
        }
        let row = server.query(&DIGEST.replace("ROWS", &rows.join(", "))).unwrap().remove(0);
        let number = |at: usize| -> i128 { row[at].as_ref().unwrap().parse().unwrap() };
        assert_eq!(digest, Digest::from_sums(number(0) as u64, number(1), number(2)));
        if let Some(digits) = digits {
            assert_eq!(digest.to_string(), digits);
        }
    }
}

fn literal(text: Option<String>) -> String {
    text.map_or("NULL::TEXT".to_owned(), |text| format!("'{}'", text.replace('\'', "''")))
}
