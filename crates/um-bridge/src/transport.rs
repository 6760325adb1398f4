//! One attempt at one URL: bytes out, bytes in, or the problem.
//!
//! Invariant: knows HTTP, but nothing of JSON and retries.

use std::io::Read;

use ureq::http::StatusCode;
use ureq::http::header::{CONTENT_TYPE, LOCATION};
use ureq::{Agent, Timeout};

use crate::settings::Allowance;
use crate::url::masked;
use crate::{Call, Excerpt, Problem, Settings, Url};

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What is sent, and how much may come back.
pub(crate) struct Question {
    pub(crate) call: Call,
    pub(crate) text: String,
    pub(crate) allowance: Allowance,
}

/// Sends a question and reads the whole answer, within the time-out.
pub(crate) fn send(
    url: &Url,
    agent: &Agent,
    settings: &Settings,
    question: &Question,
) -> Result<Answer, Problem> {
    let problem = |error, received: &[u8]| problem(error, url, settings, received);
    let call = question.call;
    let address = url.at(call.path());
    let answered = match call.method() {
        "GET" => agent.get(address).call(),
        _ => agent
            .post(address)
            .header(CONTENT_TYPE, "application/json")
            .send(&question.text),
    };
    let mut response = answered.map_err(|error| problem(error, &[]))?;
    let status = response.status();
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        let location = response.headers().get(LOCATION);
        let location = location.map_or(&b"nowhere"[..], |value| value.as_bytes());
        let location = masked(&String::from_utf8_lossy(location));
        return Err(Problem::Redirect {
            status: status.as_u16(),
            location: Excerpt::new(location.as_bytes()).text().to_owned(),
        });
    }
    let limit = question.allowance.bytes;
    let too_large = || Problem::TooLarge {
        limit,
        unit: "bytes",
    };
    if response
        .body()
        .content_length()
        .is_some_and(|length| length > limit)
    {
        return Err(too_large());
    }
    let mut body = Vec::new();
    // One byte more than allowed distinguishes too large from just small enough.
    let mut reader = response
        .body_mut()
        .as_reader()
        .take(limit.saturating_add(1));
    if let Err(error) = reader.read_to_end(&mut body) {
        return Err(problem(error.into(), &body));
    }
    if body.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(Answer {
        status: status.as_u16(),
        body,
    })
}

/// The HTTP client for all endpoints: no proxy, as the models run on this machine or in the local network;
/// no redirection, as a POST would lose its body.
pub(crate) fn agent(settings: &Settings) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_global(Some(settings.timeout))
        .timeout_connect(Some(settings.connect_timeout.min(settings.timeout)))
        // Enough for all calling threads: a new connection for each request would take as long as a small
        // model.
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

/// The problem that an error of the HTTP library stands for; `received` is the part of the body that had arrived.
fn problem(error: ureq::Error, url: &Url, settings: &Settings, received: &[u8]) -> Problem {
    let said = |error: &dyn std::fmt::Display| {
        let text = url.cover(&error.to_string());
        Excerpt::new(text.as_bytes()).text().to_owned()
    };
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
            reason: "it could not be established".to_owned(),
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
                reason: "the host refused it".to_owned(),
            },
            _ => Problem::Connect {
                reason: said(&error),
            },
        },
        ureq::Error::Tls(reason) => Problem::Connect {
            reason: reason.to_owned(),
        },
        #[cfg(feature = "https")]
        ureq::Error::Rustls(error) => Problem::Connect {
            reason: said(&error),
        },
        other => Problem::Http {
            detail: said(&other),
        },
    }
}
