//! Which hosts to try, in which order.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use super::socket;

/// A host to try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Host {
    /// A name, an address, or a folder with a socket.
    pub(super) name: String,
    /// The address that takes the place of a look-up.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
    /// Whether nobody named it.
    is_default: bool,
}

/// Where Debian's servers have their socket.
const DEBIAN: &str = "/var/run/postgresql";
/// Where all others have it.
const ELSEWHERE: &str = "/tmp";
const PORT: u16 = 5432;

/// Pairs the lists up. Empty entries are the defaults.
pub(super) fn hosts(
    names: Option<&str>,
    addresses: Option<&str>,
    ports: Option<&str>,
) -> Result<Vec<Host>, String> {
    let names: Vec<&str> = names.map(|names| names.split(',').collect()).unwrap_or_default();
    let addresses: Vec<&str> = addresses.map(|list| list.split(',').collect()).unwrap_or_default();
    let ports: Vec<&str> = ports.map(|list| list.split(',').collect()).unwrap_or_default();
    let count = names.len().max(addresses.len()).max(1);
    if !names.is_empty() && !addresses.is_empty() && names.len() != addresses.len() {
        return Err(format!(
            "there are {} hosts and {} hostaddrs; give every host one",
            names.len(),
            addresses.len()
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(format!(
            "there are {} ports for {count} hosts; give one port, or every host its own",
            ports.len()
        ));
    }
    let host = |at: usize| {
        let port = match *ports.get(at).or_else(|| ports.first()).unwrap_or(&"") {
            "" => PORT,
            text => match text.trim().parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(format!("port '{text}' is not a number from 1 to 65535")),
            },
        };
        let address: Option<IpAddr> =
            match addresses.get(at).map(|address| address.trim()) {
                None | Some("") => None,
                Some(address) => Some(address.parse().map_err(|_| {
                    format!("hostaddr '{address}' is not an IP address; name a host with host")
                })?),
            };
        let (name, is_default) = match (names.get(at).map(|name| name.trim()), address) {
            (Some(name), _) if !name.is_empty() => (name.to_owned(), false),
            (_, Some(address)) => (address.to_string(), false),
            _ => (default(port), true),
        };
        Ok(Host { name, address, port, is_default })
    };
    (0..count).map(host).collect()
}

/// A socket of this machine if there is a place for one, otherwise the machine itself.
fn default(port: u16) -> String {
    if Path::new(DEBIAN).is_dir() {
        DEBIAN.into()
    } else if Path::new(ELSEWHERE).join(format!(".s.PGSQL.{port}")).exists() {
        ELSEWHERE.into()
    } else {
        "localhost".into()
    }
}

impl Host {
    /// The folder of the socket, if it is one.
    pub(super) fn socket_folder(&self) -> Option<&Path> {
        if self.address.is_none() { socket::folder(&self.name) } else { None }
    }

    /// What a password file calls it.
    pub(super) fn in_passfile(&self) -> &str {
        let is_usual_socket = self.name == DEBIAN || self.name == ELSEWHERE;
        if self.is_default || is_usual_socket { "localhost" } else { &self.name }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: Option<&str>, addresses: Option<&str>, ports: Option<&str>) -> Result<Vec<String>, String> {
        Ok(hosts(names, addresses, ports)?.iter().map(Host::to_string).collect())
    }

    #[test]
    fn lists_are_paired() {
        assert_eq!(of(Some("a,b"), None, None).unwrap(), ["a:5432", "b:5432"]);
        assert_eq!(of(Some("a,b"), None, Some("1,")).unwrap(), ["a:1", "b:5432"]);
        assert_eq!(of(Some("a,b"), None, Some("7")).unwrap(), ["a:7", "b:7"]);
        assert_eq!(of(None, Some("::1,10.0.0.1"), None).unwrap(), ["[::1]:5432", "10.0.0.1:5432"]);
        assert_eq!(of(Some("/tmp"), None, None).unwrap(), ["/tmp:5432"]);
        assert_eq!(hosts(Some("/tmp"), None, None).unwrap()[0].in_passfile(), "localhost");
        assert_eq!(hosts(Some("/srv/pg"), None, None).unwrap()[0].in_passfile(), "/srv/pg");
        assert!(of(Some("a,b"), Some("::1"), None).unwrap_err().contains("2 hosts and 1 hostaddrs"));
        assert!(of(Some("a"), None, Some("1,2")).unwrap_err().contains("2 ports for 1 hosts"));
        assert!(of(Some("a"), None, Some("0")).unwrap_err().contains("'0' is not a number from 1 to 65535"));
        assert!(of(None, Some("db"), None).unwrap_err().contains("'db' is not an IP address"));
    }
}
