//! What a URL holds of a password is for the server alone; and URLs that are none.

use super::mock::{Fault, Mock};
use crate::tool::{Folder, run};

/// Where a secret can stand in a URL, and whether a server can be reached there.
const PLACES: [(&str, bool); 12] = [
    ("http://me:SECRET@HOST", true),
    ("http://SECRET@HOST", true),
    ("HTTP://me:SECRET@HOST/", true),
    ("http://me:%53ECRET-SECRET@HOST", true),
    ("http://me%3ASECRET@HOST", true),
    ("http://me:SECRET@HOST/?a=b", false),
    ("http://HOST/?token=SECRET", false),
    ("http://HOST/#SECRET", false),
    ("http://me%3ASECRET%40HOST", false),
    ("me:SECRET@HOST", false),
    ("ftp://me:SECRET@HOST", false),
    ("http://me:a/SECRET@HOST", false),
];

#[test]
fn a_password_is_in_nothing_that_is_said() {
    let bodies = [
        Fault::None,
        Fault::NoGradient,
        Fault::Breaks(0),
        Fault::Breaks(40),
    ];
    for (place, is_url) in PLACES {
        for fault in bodies {
            let mock = Mock::start(fault);
            let host = mock.url.trim_start_matches("http://");
            let url = place.replace("HOST", host);
            for format in ["text", "json"] {
                let folder = Folder::new();
                let line = format!("model {url} --format {format} --retries 0");
                let run = folder.run(&line);
                let to_file = folder.run(&format!("{line} --output out"));
                let file = folder.content().len();
                let file = if file > 0 {
                    folder.read("out")
                } else {
                    String::new()
                };
                for said in [
                    &run.stdout,
                    &run.stderr,
                    &to_file.stdout,
                    &to_file.stderr,
                    &file,
                ] {
                    assert!(!said.contains("SECRET"), "{url}: {said}");
                }
                if is_url && fault == Fault::None {
                    assert_eq!(run.code, 0, "{url}: {}", run.stderr);
                    assert!(run.stdout.contains("***@"), "{}", run.stdout);
                } else {
                    assert_eq!(run.code, 2, "{url}: {}", run.stderr);
                }
            }
            if !is_url {
                break;
            }
        }
    }
}

#[test]
fn one_of_two_that_is_down_keeps_its_password() {
    let mock = Mock::start(Fault::None);
    for format in ["text", "json"] {
        let run = run(&format!(
            "model http://me:SECRET@127.0.0.1:1 {} --retries 0 --format {format}",
            mock.url
        ));
        let said = run.stdout + &run.stderr;
        assert!(said.contains("http://***@127.0.0.1:1"), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
}

#[test]
fn one_typed_in_the_wrong_place_is_not_repeated() {
    let url = "http://me:SECRET@host";
    for line in [
        url.to_owned(),
        format!("mlp {url}"),
        format!("mlp --data {url}"),
        format!("mlp --fault {url}"),
        format!("compare {url} {url}"),
        format!("model --timeout {url}"),
        format!("model --at {url} {url}:1"),
        format!("model {url} --spawn x"),
    ] {
        let run = run(&line);
        assert_eq!(run.code, 2, "{line}");
        let said = run.stdout + &run.stderr;
        assert!(!said.contains("SECRET"), "{line}: {said}");
    }
}

#[test]
fn urls_that_are_none() {
    let urls = [
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:-1",
        "'http://127.0.0.1: 80'",
        "http://127.0.0.1:",
        "http://:4242",
        "http:///",
        "http://::1:4242",
        "http://[::1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://127.0.0.1#x",
        "http://127.0.0.1?x",
        "''",
    ];
    let messages = urls.map(|url| Folder::new().refused(&format!("model {url}")));
    insta::assert_snapshot!(messages.concat(), @r#"
    error: `http://127.0.0.1:99999` can't be used as the URL of a model server: its port is not a number from 1 to 65535; write it like http://localhost:4242
    error: `http://127.0.0.1:0` can't be used as the URL of a model server: its port is not a number from 1 to 65535; write it like http://localhost:4242
    error: `http://127.0.0.1:-1` can't be used as the URL of a model server: its port is not a number from 1 to 65535; write it like http://localhost:4242
    error: `http://127.0.0.1: 80` can't be used as the URL of a model server: it contains a blank or a non-ASCII character; write it like http://localhost:4242
    error: `http://127.0.0.1:` can't be used as the URL of a model server: its port is not a number from 1 to 65535; write it like http://localhost:4242
    error: `http://:4242` can't be used as the URL of a model server: it has no host; write it like http://localhost:4242
    error: `http:///` can't be used as the URL of a model server: it has no host; write it like http://localhost:4242
    error: `http://::1:4242` can't be used as the URL of a model server: an IPv6 address must be in brackets, like http://[::1]:4242; write it like http://localhost:4242
    error: `http://[::1` can't be used as the URL of a model server: the bracket around its address is not closed; write it like http://localhost:4242
    error: `ftp://127.0.0.1` can't be used as the URL of a model server: it does not begin with http:// or https://; write it like http://localhost:4242
    error: `file:///etc/passwd` can't be used as the URL of a model server: it does not begin with http:// or https://; write it like http://localhost:4242
    error: `http://127.0.0.1#***` can't be used as the URL of a model server: a query or fragment (? or #) is not allowed; write it like http://localhost:4242
    error: `http://127.0.0.1?***` can't be used as the URL of a model server: a query or fragment (? or #) is not allowed; write it like http://localhost:4242
    error: `` can't be used as the URL of a model server: it does not begin with http://; write it like http://localhost:4242
    "#);
}
