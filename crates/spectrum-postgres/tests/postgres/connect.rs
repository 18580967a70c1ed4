//! Getting to a real server, and being told why not.

use std::net::TcpListener;
use std::time::Duration;

use spectrum_postgres::{Connection, PgError, Server};
use spectrum_testkit::{PrivatePostgres, ServerOptions};

use crate::certificates::Certificates;
use crate::refresh::until;

const SECRET: &str = "s3cr et'\\@/%";
const SECRET_IN_URLS: &str = "s3cr%20et%27%5C%40%2F%25";

/// A server with a password, and one connection by default.
fn server_with(options: ServerOptions) -> PrivatePostgres {
    let server = PrivatePostgres::start_with(&options.tcp()).unwrap();
    server.run_script("ALTER ROLE spectrum PASSWORD 's3cr et''\\@/%'; CREATE DATABASE events;").unwrap();
    server
}

fn connect(url: &str) -> Result<Connection, PgError> {
    Server::resolve(Some(url), |_| None)?.connect("spectrum test")
}

fn error(url: &str) -> String {
    let error = connect(url).map(drop).unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains("s3cr"), "{told}");
    error.to_string()
}

fn one(client: &mut Connection, sql: &str) -> String {
    client.query_one(sql, &[]).unwrap().get(0)
}

#[test]
fn urls_pairs_variables_and_password_files_lead_in() {
    let server = server_with(ServerOptions::default());
    let port = server.port().unwrap();
    let mut client = connect(&format!(
        "postgresql://spectrum:{SECRET_IN_URLS}@127.0.0.1:{port}/events?options=-cgeqo_threshold%3D7"
    ))
    .unwrap();
    assert_eq!(one(&mut client, "SELECT current_database()::text"), "events");
    assert_eq!(one(&mut client, "SHOW geqo_threshold"), "7");
    assert_eq!(one(&mut client, "SHOW application_name"), "spectrum test");

    let pairs =
        format!(r"host=127.0.0.1 port={port} user=spectrum password='s3cr et\'\\@/%' dbname=postgres");
    assert_eq!(one(&mut connect(&pairs).unwrap(), "SELECT current_user::text"), "spectrum");

    // The host that answers is found behind one that does not.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port_text = port.to_string();
    let variables = |name: &str| match name {
        "PGHOST" => Some("127.0.0.1,localhost".to_owned()),
        "PGPORT" => Some(format!("{closed},{port_text}")),
        "PGUSER" => Some("spectrum".to_owned()),
        "PGPASSWORD" => Some(SECRET.to_owned()),
        "PGDATABASE" => Some("events".to_owned()),
        _ => None,
    };
    let mut client = Server::resolve(None, variables).unwrap().connect("spectrum").unwrap();
    assert_eq!(one(&mut client, "SELECT current_database()::text"), "events");

    // A socket's folder, by URL and by pairs; trust needs no password.
    let folder = server.socket_folder().display().to_string();
    let escaped = folder.replace('/', "%2F");
    assert!(connect(&format!("postgres://spectrum@{escaped}:{port}/events")).is_ok());
    assert!(
        connect(&format!("host={folder} port={port} user=spectrum dbname=events sslmode=require")).is_ok()
    );

    let passfile = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        passfile.path(),
        format!("127.0.0.1:{port}:*:spectrum:{}\n", SECRET.replace('\\', "\\\\")),
    )
    .unwrap();
    let url = format!("postgres://spectrum@127.0.0.1:{port}/events?passfile={}", passfile.path().display());
    assert!(connect(&url).is_ok());
    open_to_all(passfile.path());
    let error = error(&url);
    assert!(
        error.contains("asks for a password, and there is none") && error.contains("run chmod 600"),
        "{error}"
    );
}

fn open_to_all(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
}

#[test]
fn every_refusal_names_its_remedy() {
    let server = server_with(
        ServerOptions::default()
            .access("host nobody all 127.0.0.1/32 trust")
            .access("host all stranger all reject"),
    );
    server.run_script("CREATE ROLE guest LOGIN PASSWORD 's3cr'; CREATE DATABASE shut; REVOKE CONNECT ON DATABASE shut FROM public;").unwrap();
    let port = server.port().unwrap();
    let at = |rest: &str| error(&format!("postgres://{rest}")).replace(&port.to_string(), "PORT");

    assert_eq!(
        at(&format!("spectrum:s3cr@127.0.0.1:{port}/events")),
        "cannot connect to database events on 127.0.0.1:PORT as user spectrum: the server refuses the password of user \
         'spectrum', which came from the database URL"
    );
    let none = at(&format!("spectrum@127.0.0.1:{port}/events?passfile=/nonexistent"));
    assert!(none.ends_with("there is none; set PGPASSWORD, or write a line into ~/.pgpass"), "{none}");
    let database = at(&format!("spectrum:{SECRET_IN_URLS}@127.0.0.1:{port}/nothing"));
    assert!(
        database.ends_with(
            "there is no database 'nothing' on this server; create it (createdb), or name another"
        )
    );
    let hba = at(&format!("stranger:s3cr@127.0.0.1:{port}/events"));
    assert!(hba.contains("pg_hba.conf lets nobody in as user 'stranger' to database 'events'"), "{hba}");
    let shut = at(&format!("guest:s3cr@127.0.0.1:{port}/shut"));
    assert!(
        shut.contains("user 'guest' may not connect to database 'shut'") && shut.contains("GRANT CONNECT"),
        "{shut}"
    );
    let tls = at(&format!("spectrum:s3cr@127.0.0.1:{port}/events?sslmode=require"));
    assert!(tls.contains("the server does not encrypt") && tls.contains("sslmode=prefer"), "{tls}");
    let folder = server.socket_folder().display().to_string();
    let role = error(&format!("host={folder} port={port} user=nobody_here dbname=events"));
    assert!(
        role.ends_with(
            "there is no role 'nobody_here' on this server; create it (createuser), or name another user"
        ),
        "{role}"
    );

    let standby =
        at(&format!("spectrum:{SECRET_IN_URLS}@127.0.0.1:{port}/events?target_session_attrs=standby"));
    assert!(standby.contains("it is not a standby, and target_session_attrs"), "{standby}");
    for fitting in ["primary", "read-write", "prefer-standby", "any"] {
        connect(&format!(
            "postgres://spectrum:{SECRET_IN_URLS}@127.0.0.1:{port}/events?target_session_attrs={fitting}"
        ))
        .unwrap();
    }

    server.stop().unwrap();
    let refused = at(&format!("spectrum:s3cr@127.0.0.1:{port}/events"));
    assert!(refused.contains("nothing listens at 127.0.0.1:PORT (connection refused)"), "{refused}");
    let socket = error(&format!("host={folder} port={port} user=spectrum"));
    assert!(socket.contains("there is no socket") && socket.contains("is the server running"), "{socket}");
    server.start_again().unwrap();
    connect(&format!("host={folder} port={port} user=spectrum dbname=events")).unwrap();
}

#[test]
fn hosts_that_are_unknown_silent_or_something_else() {
    let unknown = error("postgres://ann:s3cr@no-such-host.invalid/events");
    assert!(unknown.contains("the host 'no-such-host.invalid' is not known"), "{unknown}");
    let nowhere = error("host=/nonexistent user=ann");
    assert!(nowhere.contains("there is no socket /nonexistent/.s.PGSQL.5432"), "{nowhere}");

    // A server that takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let (sender, receiver) = std::sync::mpsc::channel();
    let url = format!("postgres://ann:s3cr@127.0.0.1:{port}/events?connect_timeout=1");
    std::thread::spawn(move || sender.send(error(&url)));
    let error = receiver.recv_timeout(Duration::from_secs(60)).expect("the timeout is not heeded");
    assert!(error.contains("no answer from 127.0.0.1") && error.contains("connect_timeout"), "{error}");
}

#[test]
fn encryption_and_whom_it_trusts() {
    let certificates = Certificates::make();
    let file = |name: &str| certificates.file(name).display().to_string();
    let options = ServerOptions::default()
        .tls(&certificates.file("server.crt"), &certificates.file("server.key"))
        .client_root(&certificates.file("authority.crt"))
        .access("hostssl plain all all reject")
        .access("hostnossl events all all reject")
        .access("hostssl postgres spectrum all cert");
    let server = server_with(options);
    let port = server.port().unwrap();
    let url = |host: &str, query: &str| {
        format!("postgres://spectrum:{SECRET_IN_URLS}@{host}:{port}/events?{query}")
    };
    let encrypted = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let (authority, stranger) = (file("authority.crt"), file("stranger.crt"));

    for query in [
        String::new(),
        "sslmode=allow".into(),
        "sslmode=require".into(),
        "sslmode=require&channel_binding=require".into(),
        "sslmode=require&ssl_min_protocol_version=TLSv1.3".into(),
        format!("sslmode=verify-ca&sslrootcert={authority}"),
        format!("sslmode=verify-full&sslrootcert={authority}"),
    ] {
        let mut client = connect(&url("localhost", &query)).unwrap();
        assert_eq!(one(&mut client, encrypted), "true", "{query}");
    }
    let by_address = |mode: &str| url("127.0.0.1", &format!("sslmode={mode}&sslrootcert={authority}"));
    connect(&by_address("verify-ca")).unwrap();
    let name = error(&by_address("verify-full"));
    assert!(name.contains("the server's certificate is not made out for '127.0.0.1'"), "{name}");
    for mode in ["require", "verify-ca", "verify-full"] {
        let trust = error(&url("localhost", &format!("sslmode={mode}&sslrootcert={stranger}")));
        assert!(trust.contains("is not trusted by") && trust.contains("sslrootcert"), "{trust}");
    }
    let system = error(&url("localhost", "sslrootcert=system"));
    assert!(system.contains("certificate"), "{system}");
    let missing = error(&url("localhost", "sslmode=verify-full&sslrootcert=/nonexistent/root.crt"));
    assert!(missing.contains("sslrootcert /nonexistent/root.crt cannot be read"), "{missing}");
    let plain = error(&url("localhost", "sslmode=disable"));
    assert!(plain.contains("pg_hba.conf lets nobody in") && plain.contains("no encryption"), "{plain}");

    // Where a server takes only plain connections, the default falls back to one, as libpq does.
    server.run_script("CREATE DATABASE plain;").unwrap();
    let plain = |query: &str| url("localhost", query).replace("/events?", "/plain?");
    assert_eq!(one(&mut connect(&plain("")).unwrap(), encrypted), "false");
    let required = error(&plain("sslmode=require"));
    assert!(required.contains("pg_hba.conf lets nobody in"), "{required}");

    // A client known by its certificate.
    let cert = |query: String| {
        format!("postgres://spectrum@localhost:{port}/postgres?sslmode=require&passfile=/nonexistent{query}")
    };
    let identity = format!("&sslcert={}&sslkey={}", file("spectrum.crt"), file("spectrum.key"));
    connect(&cert(identity.clone())).unwrap();
    let without = error(&cert(String::new()));
    assert!(without.contains("certificate"), "{without}");
    open_to_all(&certificates.file("spectrum.key"));
    let open = error(&cert(identity));
    assert!(open.contains("others can read it; run chmod 600"), "{open}");

    // A running statement is stopped through an encrypted connection as well.
    let encrypted = || connect(&url("localhost", "sslmode=require")).unwrap();
    stops(&mut encrypted(), encrypted());
}

#[test]
fn a_certificate_that_signed_itself_can_be_its_own_root() {
    let certificates = Certificates::make();
    let alone = certificates.file("alone.crt");
    let server = server_with(ServerOptions::default().tls(&alone, &certificates.file("alone.key")));
    let port = server.port().unwrap();
    let url = |root: &str| {
        format!(
            "postgres://spectrum:{SECRET_IN_URLS}@localhost:{port}/events?sslmode=verify-full&sslrootcert={root}"
        )
    };
    connect(&url(&alone.display().to_string())).unwrap();
    let stranger = error(&url(&certificates.file("stranger.crt").display().to_string()));
    assert!(stranger.contains("is not trusted by"), "{stranger}");
}

#[test]
fn warnings_are_handed_on_and_notices_are_not() {
    let server = PrivatePostgres::shared().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let url = format!("host={} user=spectrum dbname=postgres", server.socket_folder().display());
    let sender = std::sync::Mutex::new(sender);
    let known = Server::resolve(Some(&url), |_| None).unwrap();
    let known = known.on_warning(move |text| sender.lock().unwrap().send(text.to_owned()).unwrap());
    let mut client = known.connect("spectrum").unwrap();
    client
        .batch_execute("DO $$ BEGIN RAISE NOTICE 'small talk'; RAISE WARNING 'mind the gap'; END $$")
        .unwrap();
    drop(client);
    drop(known);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), ["mind the gap"]);
}

#[test]
fn a_statement_is_stopped_from_another_thread() {
    let server = PrivatePostgres::shared().unwrap();
    let url = format!("host={} user=spectrum dbname=postgres", server.socket_folder().display());
    stops(&mut connect(&url).unwrap(), connect(&url).unwrap());
}

/// Stops what `client` runs once `watcher` sees that it runs.
fn stops(client: &mut Connection, mut watcher: Connection) {
    let canceller = client.canceller();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let stopper = std::thread::spawn(move || {
        until("it sleeps", || {
            let sleeps = "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
            watcher.query_one(sleeps, &[&pid]).unwrap().get::<_, i64>(0) == 1
        });
        canceller.cancel();
    });
    let error = client.execute("SELECT pg_sleep(600)", &[]).unwrap_err();
    assert_eq!(error.code().unwrap().code(), "57014");
    stopper.join().unwrap();
    client.execute("SELECT 1", &[]).unwrap();
}
