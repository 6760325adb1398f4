//! The URL of a model server: taken apart before anything is sent, and shown without its password.
//!
//! Invariant: knows nothing of connections.

use std::fmt;
use std::net::Ipv6Addr;

use finite_diff::printable::printable;

use crate::Error;

/// The URL of a model server, such as `http://localhost:4242`.
///
/// Displays, and debugs, with `***` in place of a name and password before its host; they go to the server only.
///
/// ```
/// let url = um_bridge::Url::parse("http://me:secret@localhost:4242/")?;
/// assert_eq!(url.to_string(), "http://***@localhost:4242");
/// assert!(um_bridge::Url::parse("http://localhost:99999").is_err());
/// # Ok::<(), um_bridge::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    whole: String,
    shown: String,
    /// Name and password as they stand in `whole`.
    secret: Option<String>,
}

impl Url {
    /// Parses `text` far enough to know that it can be called.
    ///
    /// # Errors
    /// [`Error::Url`] with what is wrong, and [`Error::NoTls`] for https without the feature of that name. Both show
    /// anything that may be a password as `***`, wherever it occurs.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parts = Parts::of(text).map_err(|reason| Error::Url {
            url: masked(text),
            reason: reason.to_owned(),
        })?;
        let whole = text.trim_end_matches('/').to_owned();
        let secret = parts.userinfo.map(str::to_owned);
        let shown = match &secret {
            Some(secret) => whole.replacen(&format!("{secret}@"), "***@", 1),
            None => whole.clone(),
        };
        if parts.scheme.eq_ignore_ascii_case("https") && !cfg!(feature = "https") {
            return Err(Error::NoTls { url: shown });
        }
        Ok(Self {
            whole,
            shown,
            secret,
        })
    }

    /// Where to send what is for `path`, password included.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.whole)
    }

    /// The URL as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// `text`, a message that may quote the URL, without the URL's name and password.
    pub(crate) fn cover(&self, text: &str) -> String {
        let Some(secret) = &self.secret else {
            return text.to_owned();
        };
        let password = secret.split_once(':').map_or("", |(_, password)| password);
        // An empty string occurs in every text.
        let words = [secret.as_str(), password];
        let words = words.into_iter().filter(|word| !word.is_empty());
        words.fold(text.to_owned(), |text, word| text.replace(word, "***"))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.shown)
    }
}

/// The parts of a URL that matter here.
struct Parts<'t> {
    scheme: &'t str,
    userinfo: Option<&'t str>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Result<Self, &'static str> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("it does not begin with http://");
        };
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Err("it does not begin with http:// or https://");
        }
        if !rest.chars().all(|c| c.is_ascii_graphic()) {
            return Err("it contains a blank or a non-ASCII character");
        }
        if rest.contains(['?', '#']) {
            return Err("a query or fragment (? or #) is not allowed");
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if path.contains('@') {
            return Err(
                "there is an @ after its host; write / ? # in a password as %2F %3F %23, and @ in a path as %40",
            );
        }
        let (userinfo, place) = match authority.rsplit_once('@') {
            Some((userinfo, place)) => (Some(userinfo), place),
            None => (None, authority),
        };
        let port = match place.strip_prefix('[') {
            Some(bracketed) => after_address(bracketed)?,
            None => after_name(place)?,
        };
        if let Some(port) = port {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            let number: Option<u16> = port.parse().ok().filter(|_| digits);
            if number.is_none_or(|number| number == 0) {
                return Err("its port is not a number from 1 to 65535");
            }
        }
        // The HTTP library's own parser decides in the end.
        if text.parse::<ureq::http::Uri>().is_err() {
            return Err("it contains a character that is not allowed in a URL");
        }
        Ok(Self { scheme, userinfo })
    }
}

/// The port text after `::1]`, if any.
fn after_address(bracketed: &str) -> Result<Option<&str>, &'static str> {
    let Some((address, rest)) = bracketed.split_once(']') else {
        return Err("the bracket around its address is not closed");
    };
    if address.parse::<Ipv6Addr>().is_err() {
        return Err("the text in brackets is not an IPv6 address");
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok(Some(port)),
        None if rest.is_empty() => Ok(None),
        None => Err("there is something between its address and its port"),
    }
}

/// The port text after a name or an IPv4 address, if any.
fn after_name(place: &str) -> Result<Option<&str>, &'static str> {
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (place, None),
    };
    if place.matches(':').count() > 1 {
        return Err("an IPv6 address must be in brackets, like http://[::1]:4242");
    }
    if host.is_empty() {
        return Err("it has no host");
    }
    if !host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    {
        return Err("its host contains characters other than letters, digits, dots and dashes");
    }
    Ok(port)
}

/// `text`, which is meant to be a URL, without what may be a password: all before the last `@`, or its encoding, and
/// all after a `?` or `#`.
pub(crate) fn masked(text: &str) -> String {
    let is_scheme = |before: &str| before.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let begin = match text.find("://") {
        Some(at) if is_scheme(&text[..at]) => at + 3,
        _ => 0,
    };
    let (scheme, rest) = text.split_at(begin);
    let signs = [rest.rfind('@'), rest.rfind("%40")];
    let rest = match signs.into_iter().flatten().max() {
        Some(at) => format!("***{}", &rest[at..]),
        None => rest.to_owned(),
    };
    let text = match rest.find(['?', '#']) {
        Some(at) => format!("{scheme}{}***", &rest[..=at]),
        None => format!("{scheme}{rest}"),
    };
    printable(&text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Url;

    fn check(url: &str, expected: &str) {
        let got = match Url::parse(url) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected);
    }

    fn refused(url: &str, shown: &str, reason: &str) {
        let write = "write it like http://localhost:4242";
        let message =
            format!("`{shown}` can't be used as the URL of a model server: {reason}; {write}");
        check(url, &message);
    }

    #[test]
    fn urls_that_can_be_called() {
        check("http://localhost:4242/", "http://localhost:4242");
        check("HTTP://[::1]:80/models/a", "HTTP://[::1]:80/models/a");
        check("http://[::1]", "http://[::1]");
        check("http://model_server:65535", "http://model_server:65535");
        check("http://h/a%40b", "http://h/a%40b");
    }

    #[test]
    fn urls_are_read_before_anything_is_sent() {
        let no_scheme = "it does not begin with http://";
        let scheme = "it does not begin with http:// or https://";
        let host = "it has no host";
        let port = "its port is not a number from 1 to 65535";
        let blank = "it contains a blank or a non-ASCII character";
        let after = "a query or fragment (? or #) is not allowed";
        let brackets = "an IPv6 address must be in brackets, like http://[::1]:4242";
        let address = "the text in brackets is not an IPv6 address";
        let odd = "its host contains characters other than letters, digits, dots and dashes";
        for (url, reason) in [
            ("", no_scheme),
            ("localhost:4242", no_scheme),
            ("http:/localhost", no_scheme),
            ("://localhost", scheme),
            ("ftp://a", scheme),
            ("file:///etc/passwd", scheme),
            ("http:///Info", host),
            ("http://", host),
            ("http://:80", host),
            ("http://127.0.0.1:99999", port),
            ("http://127.0.0.1:65536", port),
            ("http://127.0.0.1:0", port),
            ("http://127.0.0.1:", port),
            ("http://127.0.0.1:-1", port),
            ("http://127.0.0.1:+80", port),
            ("http://127.0.0.1:0x50", port),
            ("http://[::1]:99999", port),
            ("http://127.0.0.1: 80", blank),
            ("http://a b", blank),
            (" http://a", scheme),
            ("http://ä.de", blank),
            ("http://::1", brackets),
            ("http://::1:80", brackets),
            ("http://1:2:3", brackets),
            (
                "http://[::1",
                "the bracket around its address is not closed",
            ),
            ("http://[1.2.3.4]:80", address),
            (
                "http://[::1]80",
                "there is something between its address and its port",
            ),
            ("http://a%20b", odd),
            ("http://a,b", odd),
        ] {
            refused(url, url, reason);
        }
        refused("http://a/?x=1", "http://a/?***", after);
        refused("http://a#x", "http://a#***", after);
        refused("http://a\u{1b}[2J", r"http://a\u{1b}[2J", blank);
    }

    #[test]
    fn a_password_is_for_the_server_alone() {
        let hides = |url: &str, expected: &str| {
            for said in [
                Url::parse(url).map_or_else(|error| error.to_string(), |url| url.to_string()),
                format!("{:?}", Url::parse(url)),
            ] {
                assert!(!said.contains("secret"), "{said}");
                assert!(said.contains(expected), "{said}");
            }
        };
        hides("http://me:secret@host/x", "http://***@host/x");
        hides("http://secret@host", "http://***@host");
        hides("http://me:%73ecret@host:1", "http://***@host:1");
        hides("http://me:@secret@host", "http://***@host");
        hides("http://me:secret@host:99999", "http://***@host:99999");
        hides("http://me:se/secret@host", "http://***@host");
        hides("http://me:12/secret@host", "http://***@host");
        hides("http://me:se?secret#@host", "http://***@host");
        hides("http://me%3Asecret%40host", "http://***%40host");
        hides("me:secret@host:4242", "***@host:4242");
        hides("ftp://me:secret@host", "ftp://***@host");
        hides("http://host/?token=secret", "http://host/?***");
        hides("http://host/#secret", "http://host/#***");
        hides("http://me:secret@host/?a=b@c", "http://***@c");
        let url = Url::parse("http://me:s3@host").unwrap();
        assert_eq!(
            url.cover("no http://me:s3@host/x: s3"),
            "no http://***@host/x: ***"
        );
        assert_eq!(url.at("/Info"), "http://me:s3@host/Info");
    }

    #[cfg(not(feature = "https"))]
    #[test]
    fn https_needs_its_feature() {
        check(
            "https://a",
            "https://a: this build does not support https; build it with the feature `https` of um-bridge, or put an http proxy in front of the server",
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_shown_on_one_line(text in any::<String>(), scheme in "(|http://|HTTPS://)") {
            let said = match Url::parse(&format!("{scheme}{text}")) {
                Ok(url) => url.to_string(),
                Err(error) => error.to_string(),
            };
            prop_assert!(!said.contains(finite_diff::printable::is_hidden), "{said:?}");
        }

        #[test]
        fn what_stands_before_an_at_is_not_shown(name in "[a-z:/?#%]{0,4}", rest in "[a-z0-9:/?#%@]{0,8}") {
            let text = format!("http://{name}SECRET@{rest}");
            let said = match Url::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!said.contains("SECRET"), "{said}");
        }
    }
}
