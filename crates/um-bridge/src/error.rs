//! The errors between here and a model: what went wrong, at which URL, in which call, what was received, what to do.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::excerpt::name;
use crate::{Call, Excerpt};

/// Why a model could not be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No URL was given.
    #[error("no URL of a model server: give at least one, such as http://localhost:4242")]
    NoUrl,
    /// A URL is not valid.
    #[error(
        "`{url}` can't be used as the URL of a model server: {reason}; write it like http://localhost:4242"
    )]
    Url {
        /// The URL as it was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An `https://` URL in a build without TLS.
    #[error(
        "{url}: this build does not support https; build it with the feature `https` of um-bridge, or put \
         an http proxy in front of the server"
    )]
    NoTls {
        /// The URL.
        url: String,
    },
    /// A call failed.
    #[error(transparent)]
    Call(Box<CallError>),
    /// A server uses another version of the protocol.
    #[error(
        "GET {url}/Info: the server uses version {version} of the UM-Bridge protocol, but this client needs 1.0; \
         serve the model with a library for protocol 1.0"
    )]
    Version {
        /// The URL of the server.
        url: String,
        /// The version of its protocol.
        version: f64,
    },
    /// A server does not offer the model that was asked for.
    #[error("{url} does not offer a model `{}`; {}", name(model), offers(offered))]
    NoSuchModel {
        /// The URL of the server.
        url: String,
        /// The model asked for.
        model: String,
        /// What it offers.
        offered: Vec<String>,
    },
    /// A server offers several models, or none, and none was asked for.
    #[error("{url} offers {}; {}", count(offered.len()), offers(offered))]
    WhichModel {
        /// The URL of the server.
        url: String,
        /// What it offers.
        offered: Vec<String>,
    },
    /// Two servers offer different models under the same name.
    #[error(
        "the model `{}` at {url} ({theirs}) differs from the one at {reference} ({ours}): give only servers of \
         the same model",
        name(model)
    )]
    DifferentModel {
        /// The model.
        model: String,
        /// The server that differs.
        url: String,
        /// The server that answered first.
        reference: String,
        /// The sizes and calls that the server that differs declares.
        theirs: String,
        /// The sizes and calls that the first one declares.
        ours: String,
    },
    /// The model does not support a call.
    #[error(
        "the model `{}` at {url} does not support {call}: its /ModelInfo says so{}",
        name(model),
        in_python(*call)
    )]
    Unsupported {
        /// The URL of its server.
        url: String,
        /// The model.
        model: String,
        /// The call.
        call: Call,
    },
    /// A model declares that it is larger than [`Settings::size_limit`](crate::Settings::size_limit).
    #[error(
        "the model `{}` at {url} declares {what}, which exceeds the limit of {limit} numbers (a vector \
         counts as at least 1000): if the model really is that large, raise the limit",
        name(model)
    )]
    Oversize {
        /// The URL of its server.
        url: String,
        /// The model.
        model: String,
        /// How many vectors of how many numbers, as text.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// An argument does not fit the model.
    #[error("{call} of the model `{}`: {what}", name(model))]
    Argument {
        /// The model.
        model: String,
        /// The call.
        call: Call,
        /// What does not fit.
        what: String,
    },
}

/// A call that failed, after all its attempts.
#[derive(Debug, Error)]
#[error("{} {url}{}: {problem}{}", call.method(), call.path(), attempts(*tries, *servers))]
pub struct CallError {
    /// The URL of the server that failed last, without a password.
    pub url: String,
    /// The call.
    pub call: Call,
    /// What was wrong with the last attempt.
    pub problem: Problem,
    /// The number of attempts.
    pub tries: usize,
    /// The number of different URLs that were tried.
    pub servers: usize,
}

/// What was wrong with one attempt.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// No connection was established.
    #[error("no connection: {reason}; is the server running, and is the URL right?")]
    Connect {
        /// The operating system's message.
        reason: String,
    },
    /// The connection was closed too early.
    #[error(
        "the server closed the connection before its answer was complete (received of its body: {received}); \
         did it crash? Check its own output"
    )]
    Closed {
        /// The part of the body that was received.
        received: Excerpt,
    },
    /// The time limit was exceeded.
    #[error(
        "no complete answer within {} (received of its body: {received}); if the model needs longer, raise the \
         time-out, otherwise check whether the server hangs",
        seconds(*limit)
    )]
    Timeout {
        /// The limit.
        limit: Duration,
        /// The part of the body that was received.
        received: Excerpt,
    },
    /// The answer is not HTTP.
    #[error("the answer can't be read as HTTP ({detail}); is this the URL of a model server?")]
    Http {
        /// The HTTP library's message.
        detail: String,
    },
    /// The answer is larger than any valid answer to the call.
    #[error(
        "the answer was rejected because it has more than {limit} {unit}, more than any answer to this call needs: check \
         what the model returns"
    )]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what: bytes or values.
        unit: &'static str,
    },
    /// The caller's flag was set.
    #[error("the call was interrupted")]
    Interrupted,
    /// A redirection.
    #[error(
        "the answer is a redirection ({status}) to {location}, which this client does not follow: give that URL instead"
    )]
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Where to.
        location: String,
    },
    /// An HTTP status other than success, without an error object.
    #[error("the answer has HTTP status {status} and the body {body}; {}", status_remedy(*status))]
    Status {
        /// The status.
        status: u16,
        /// The body of the answer.
        body: Excerpt,
    },
    /// The error object of the protocol: the server understood the request and refused it.
    #[error("the server returned the error {kind}: {message}")]
    Refused {
        /// `type` of the error object.
        kind: String,
        /// `message` of the error object.
        message: String,
    },
    /// The answer is not JSON.
    #[error("the answer is not valid JSON ({detail}): {body}{}", json_remedy(body))]
    Json {
        /// Where it stops being JSON.
        detail: String,
        /// What came.
        body: Excerpt,
    },
    /// The answer is JSON, but not as the protocol specifies.
    #[error("in the answer, {at} should be {expected}, but is {found}: {body}")]
    Shape {
        /// Where.
        at: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
        /// What came.
        body: Excerpt,
    },
    /// The vectors of the answer don't have the sizes that the model declares.
    #[error("the answer has {got}, but the model declares {declared}: {body}")]
    Sizes {
        /// What came.
        got: String,
        /// What the model declared.
        declared: String,
        /// The answer.
        body: Excerpt,
    },
}

/// Where a failed attempt is worth repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Anywhere, including the same URL, which may have recovered.
    Anywhere,
    /// At another URL: this one would fail again, or is still busy with the request.
    Elsewhere,
    /// Nowhere: every server of this model would answer the same.
    Nowhere,
}

impl Problem {
    pub(crate) fn again(&self) -> Again {
        match self {
            Self::Connect { .. }
            | Self::Closed { .. }
            | Self::Status {
                status: 429 | 502..=504,
                ..
            } => Again::Anywhere,
            Self::Refused { .. } | Self::Interrupted => Again::Nowhere,
            _ => Again::Elsewhere,
        }
    }
}

fn attempts(tries: usize, servers: usize) -> String {
    match (tries, servers) {
        (0 | 1, _) => String::new(),
        (_, 0 | 1) => format!(" (tried {tries} times)"),
        _ => format!(" (tried {tries} times at {servers} servers)"),
    }
}

fn seconds(limit: Duration) -> impl fmt::Display {
    let seconds = limit.as_secs_f64();
    format!("{seconds} s")
}

fn count(models: usize) -> String {
    match models {
        0 => "no model".to_owned(),
        models => format!("{models} models"),
    }
}

fn offers(offered: &[String]) -> String {
    if offered.is_empty() {
        return "check the list passed to its `serve_models`".to_owned();
    }
    const SHOWN: usize = 12;
    let names = offered.iter().take(SHOWN);
    let names: Vec<_> = names
        .map(|offered| format!("`{}`", name(offered)))
        .collect();
    let more = match offered.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("choose from {}{more}", names.join(", "))
}

fn in_python(call: Call) -> &'static str {
    match call {
        Call::Evaluate => "; in Python, `supports_evaluate` must return True",
        Call::Gradient => "; in Python, `supports_gradient` must return True",
        Call::ApplyJacobian => "; in Python, `supports_apply_jacobian` must return True",
        Call::ApplyHessian => "; in Python, `supports_apply_hessian` must return True",
        _ => "",
    }
}

fn status_remedy(status: u16) -> &'static str {
    match status {
        404 | 405 => {
            "is this a model server of protocol 1.0, and does the URL end just before /Info?"
        }
        401 | 403 => {
            "the server denies access; name and password can be given in the URL, like http://name:password@host"
        }
        413 => "the server does not accept a request this large",
        429 | 502..=504 => "the server, or a proxy in front of it, is overloaded or not ready",
        500..=599 => "the model failed on the server: check the server's own output",
        _ => "is this the URL of a model server?",
    }
}

fn json_remedy(body: &Excerpt) -> &'static str {
    let text = body.text();
    if text.contains("np.float") || text.contains("array(") {
        "; return lists of plain numbers, such as `.tolist()` of a NumPy array"
    } else if text.trim_start().starts_with('<') {
        "; it looks like a web page: is this the URL of a model server?"
    } else {
        ""
    }
}
