//! One attempt at one URL: bytes out, bytes in, or the problem. Knows HTTP, but neither JSON nor retries.

use std::io::Read;

use ureq::http::header::{CONTENT_TYPE, LOCATION};
use ureq::http::{StatusCode, Uri};
use ureq::{Agent, Timeout};

use crate::{Call, Error, Excerpt, Problem, Settings};

/// One server.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: String,
    shown: String,
}

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Endpoint {
    /// Takes `url` apart far enough to know that it can be called.
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let unusable = |reason: &str| Error::Url {
            url: without_password(url),
            reason: reason.to_owned(),
        };
        let Some((scheme, rest)) = url.split_once("://") else {
            return Err(unusable("it does not begin with http://"));
        };
        if rest.is_empty() || rest.starts_with('/') {
            return Err(unusable("it names no host"));
        }
        let uri: Uri = url.parse().map_err(|error| unusable(&format!("{error}")))?;
        if uri.host().is_none_or(str::is_empty) {
            return Err(unusable("it names no host"));
        }
        if uri.query().is_some() || url.contains('#') {
            return Err(unusable("nothing may follow its path"));
        }
        let url = url.trim_end_matches('/').to_owned();
        let shown = without_password(&url);
        match scheme.to_ascii_lowercase().as_str() {
            "http" => Ok(Self { url, shown }),
            "https" if cfg!(feature = "https") => Ok(Self { url, shown }),
            "https" => Err(Error::NoTls { url: shown }),
            _ => Err(unusable("it begins neither with http:// nor with https://")),
        }
    }

    /// The URL without its password.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Sends `request` and reads the whole answer, within the time-out.
    pub(crate) fn send(
        &self,
        agent: &Agent,
        settings: &Settings,
        call: Call,
        request: &str,
    ) -> Result<Answer, Problem> {
        let url = format!("{}{}", self.url, call.path());
        let answered = match call.method() {
            "GET" => agent.get(url).call(),
            _ => agent
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .send(request),
        };
        let mut response = answered.map_err(|error| problem(error, settings, &[]))?;
        let status = response.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let location = response.headers().get(LOCATION);
            let location = location.map_or(&b"nowhere"[..], |value| value.as_bytes());
            return Err(Problem::Redirect {
                status: status.as_u16(),
                location: Excerpt::new(location).text().to_owned(),
            });
        }
        let limit = settings.response_limit;
        if response
            .body()
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(Problem::TooLarge { limit });
        }
        let mut body = Vec::new();
        // One byte more than allowed tells too large from just large enough.
        let mut reader = response
            .body_mut()
            .as_reader()
            .take(limit.saturating_add(1));
        if let Err(error) = reader.read_to_end(&mut body) {
            return Err(problem(error.into(), settings, &body));
        }
        if body.len() as u64 > limit {
            return Err(Problem::TooLarge { limit });
        }
        Ok(Answer {
            status: status.as_u16(),
            body,
        })
    }
}

/// The HTTP client for all endpoints: no proxy, as the models are on this machine or in one's own network;
/// no redirection, as a POST would lose its body.
pub(crate) fn agent(settings: &Settings) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(settings.timeout))
        .timeout_connect(Some(settings.connect_timeout.min(settings.timeout)))
        // As many as there are threads that call: a new connection for each request would cost as much as
        // a small model.
        .max_idle_connections(1024)
        .max_idle_connections_per_host(256)
        .user_agent(concat!("um-bridge-rust/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "https")]
    let config = config.tls_config(
        ureq::tls::TlsConfig::builder()
            .root_certs(ureq::tls::RootCerts::PlatformVerifier)
            .build(),
    );
    config.build().new_agent()
}

/// What an error of the HTTP library means here; `received` had come of the body.
fn problem(error: ureq::Error, settings: &Settings, received: &[u8]) -> Problem {
    use std::io::ErrorKind;
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => Problem::Connect {
            reason: format!(
                "the host did not answer within {} s",
                settings.connect_timeout.min(settings.timeout).as_secs_f64()
            ),
        },
        ureq::Error::Timeout(_) => Problem::Timeout {
            limit: settings.timeout,
            received: Excerpt::new(received),
        },
        ureq::Error::HostNotFound => Problem::Connect {
            reason: "there is no such host".to_owned(),
        },
        ureq::Error::ConnectionFailed => Problem::Connect {
            reason: "it could not be made".to_owned(),
        },
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected => Problem::Closed {
                received: Excerpt::new(received),
            },
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Problem::Timeout {
                limit: settings.timeout,
                received: Excerpt::new(received),
            },
            ErrorKind::ConnectionRefused => Problem::Connect {
                reason: "the host refuses it".to_owned(),
            },
            _ => Problem::Connect {
                reason: error.to_string(),
            },
        },
        ureq::Error::Tls(reason) => Problem::Connect {
            reason: reason.to_owned(),
        },
        #[cfg(feature = "https")]
        ureq::Error::Rustls(error) => Problem::Connect {
            reason: error.to_string(),
        },
        other => Problem::Http {
            detail: Excerpt::new(other.to_string().as_bytes()).text().to_owned(),
        },
    }
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        None => url.to_owned(),
        Some((secret, _)) => format!("{scheme}://***{}", &rest[secret.len()..]),
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    fn check(url: &str, expected: &str) {
        let got = match Endpoint::new(url) {
            Ok(endpoint) => endpoint.shown().to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn urls_are_read_before_anything_is_sent() {
        check("http://localhost:4242/", "http://localhost:4242");
        check("HTTP://[::1]:80/models/a", "HTTP://[::1]:80/models/a");
        check("http://me:secret@host/x", "http://***@host/x");
        let write = "write it like http://localhost:4242";
        for (url, reason) in [
            ("localhost:4242", "it does not begin with http://"),
            ("http:///Info", "it names no host"),
            ("http://a b", "invalid uri character"),
            (
                "ftp://a",
                "it begins neither with http:// nor with https://",
            ),
            ("http://a/?x=1", "nothing may follow its path"),
        ] {
            let message =
                format!("`{url}` can't be used as the URL of a model server: {reason}; {write}");
            check(url, &message);
        }
    }

    #[cfg(not(feature = "https"))]
    #[test]
    fn https_needs_its_feature() {
        check(
            "https://a",
            "https://a: this build has no https; build it with the feature `https` of um-bridge, or put a \
             proxy that speaks http in front of the server",
        );
    }
}
