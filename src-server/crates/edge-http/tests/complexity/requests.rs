//! Input from clients: request targets, headers, bodies.

use super::site::{Site, site};
use super::{Case, Run};
use std::rc::Rc;

/// A server for the requests.
pub struct World {
    site: Rc<Site>,
}

/// One request.
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn get(target: String) -> Sent {
    Sent { method: "GET", target, headers: Vec::new(), body: Vec::new() }
}

fn with_header(name: &'static str, value: String) -> Sent {
    Sent { headers: vec![(name, value)], ..get("/v/a.txt".into()) }
}

fn post(target: &str, kind: &str, body: String) -> Sent {
    let headers = vec![("content-type", kind.to_owned()), ("origin", "http://vm".into()), ("host", "vm".into())];
    Sent { method: "POST", target: target.into(), headers, body: body.into_bytes() }
}

fn form(parts: impl Iterator<Item = String>) -> Sent {
    let mut body: String = parts.map(|part| format!("--B\r\n{part}\r\n")).collect();
    body.push_str("--B--\r\n");
    post("/v/?j", "multipart/form-data; boundary=B", body)
}

fn list(n: usize, separator: &str, item: impl Fn(usize) -> String) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(separator)
}

/// Returns `n` different chunk hashes.
fn hashes(n: usize) -> String {
    list(n, ",", |at| format!("\"{:044}\"", at))
}

fn handshake(n: usize, size: usize) -> Sent {
    let body = format!("{{\"name\":\"up.bin\",\"size\":{size},\"lmod\":1,\"hash\":[{}]}}", hashes(n));
    post("/v/", "text/plain", body)
}

/// Longest request target that hyper accepts, in bytes.
const TARGET_MAX: usize = 60_000;

impl World {
    pub async fn new() -> Self {
        let site = site(&[("v", "rwmd")]).await;
        site.put("v/a.txt", b"some bytes to have ranges of");
        Self { site: Rc::new(site) }
    }

    fn case(&self, name: &'static str, least: usize, most: usize, make: impl Fn(usize) -> Sent + 'static) -> Case<'_> {
        let site = self.site.clone();
        let run: Run<'_> = Box::new(move |n| {
            let (site, Sent { method, target, headers, body }) = (site.clone(), make(n));
            Box::pin(async move {
                let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let answer = site.send(method, &target, &headers, &body).await;
                assert!(answer.status < 500, "{name}: {} {}", answer.status, answer.text());
            })
        });
        Case { name, least, most, run }
    }

    pub fn cases(&self) -> Vec<Case<'_>> {
        // Larger bodies exceed limits, or measure only memory bandwidth.
        let many = 400_000;
        [self.targets(), self.headers(), self.forms(many), self.json(many)].into_iter().flatten().collect()
    }

    fn targets(&self) -> Vec<Case<'_>> {
        vec![
            self.case("parameters of a query", 500, TARGET_MAX / 8, |n| {
                get(format!("/v/?ls&{}", list(n, "&", |at| format!("p{at}=1"))))
            }),
            self.case("equal parameters", 500, TARGET_MAX / 8, |n| {
                get(format!("/v/?{}", list(n, "&", |_| "ls".into())))
            }),
            self.case("escapes in a query", 500, TARGET_MAX / 4, |n| get(format!("/v/?ls&x={}", "%41".repeat(n)))),
            self.case("escapes in a path", 500, TARGET_MAX / 4, |n| get(format!("/v/{}", "%41".repeat(n)))),
            self.case("components of a path", 500, TARGET_MAX / 4, |n| get(format!("/v/{}", "b/".repeat(n)))),
            self.case("steps up in a path", 500, TARGET_MAX / 8, |n| get(format!("/v/{}", "b/../".repeat(n)))),
            self.case("slashes in a path", 500, TARGET_MAX / 4, |n| get(format!("/v{}", "/".repeat(n)))),
        ]
    }

    fn headers(&self) -> Vec<Case<'_>> {
        let (many, tag) = (16_000, |at: usize| format!("\"t{at}\""));
        vec![
            self.case("ranges", 500, many, |n| {
                with_header("range", format!("bytes={}", list(n, ",", |at| format!("{at}-{at}"))))
            }),
            self.case("equal ranges", 500, many, |n| {
                with_header("range", format!("bytes={}", list(n, ",", |_| "0-".into())))
            }),
            self.case("ranges in backward order", 500, many, move |n| {
                with_header("range", format!("bytes={}", list(n, ",", |at| format!("{0}-{0}", n - at))))
            }),
            self.case("cookies", 500, many, |n| with_header("cookie", list(n, "; ", |at| format!("c{at}=1")))),
            self.case("media types", 500, many, |n| {
                with_header("accept", list(n, ", ", |at| format!("a/b{at};q=0.5")))
            }),
            self.case("languages", 500, many, |n| with_header("accept-language", list(n, ", ", |at| format!("x{at}")))),
            self.case("encodings", 500, many, |n| {
                with_header("accept-encoding", list(n, ", ", |at| format!("x{at};q=0.1")))
            }),
            self.case("tags that must not match", 500, many, move |n| with_header("if-none-match", list(n, ", ", tag))),
            self.case("tags that must match", 500, many, move |n| with_header("if-match", list(n, ", ", tag))),
            self.case("hops", 500, many, |n| {
                with_header("x-forwarded-for", list(n, ", ", |at| format!("10.0.0.{}", at % 250)))
            }),
            self.case("letters of an agent", 500, many, |n| with_header("user-agent", "Mozilla ".repeat(n))),
            self.case("letters of a password", 500, many, |n| with_header("pw", "x".repeat(n))),
            self.case("digests", 500, many, |n| {
                with_header("want-repr-digest", list(n, ", ", |at| format!("x{at}=1")))
            }),
            self.case("hashes of chunks", 200, many, |n| {
                let mut sent = post("/v/", "application/octet-stream", "x".repeat(10));
                sent.headers.push(("x-up2k-hash", list(n, ",", |at| format!("{at:044}"))));
                sent.headers.push(("x-up2k-wark", format!("{:044}", 7)));
                sent
            }),
        ]
    }

    fn forms(&self, many: usize) -> Vec<Case<'_>> {
        let field = |name: &str, value: &str| format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}");
        vec![
            self.case("parts of a form", 500, many, move |n| form((0..n).map(move |at| field(&format!("x{at}"), "1")))),
            self.case("headers of a part", 50, 900, move |n| {
                let head = list(n, "", |at| format!("X-A{at}: 1\r\n"));
                form([field("act", "mkdir"), format!("{head}{}", field("x", "1"))].into_iter())
            }),
            self.case("parameters of a part", 50, 1200, move |n| {
                let head =
                    format!("Content-Disposition: form-data; {}\r\n\r\n1", list(n, "; ", |at| format!("a{at}=1")));
                form([field("act", "mkdir"), head].into_iter())
            }),
            self.case("escapes in the name of a file", 50, 1200, move |n| {
                let head =
                    format!("Content-Disposition: form-data; name=f; filename*=UTF-8''{}\r\n\r\n1", "%41".repeat(n));
                form([field("act", "mkdir"), head].into_iter())
            }),
            self.case("backslashes in the name of a file", 50, 1200, move |n| {
                let head =
                    format!("Content-Disposition: form-data; name=f; filename=\"{}\"\r\n\r\n1", "\\\\".repeat(n));
                form([field("act", "mkdir"), head].into_iter())
            }),
            self.case("almost boundaries", 500, 8000, move |n| {
                form([field("act", "mkdir"), field("name", &"\r\n--A".repeat(n))].into_iter())
            }),
            self.case("starts of boundaries", 500, 8000, move |n| {
                form([field("act", "mkdir"), field("name", &"\r\n-".repeat(n))].into_iter())
            }),
            self.case("fields of an urlencoded body", 500, many, |n| {
                post("/v/", "application/x-www-form-urlencoded", list(n, "&", |at| format!("a{at}=1")))
            }),
            self.case("escapes in an urlencoded body", 500, many, |n| {
                post("/v/", "application/x-www-form-urlencoded", format!("act=x&b={}", "%41".repeat(n)))
            }),
        ]
    }

    fn json(&self, many: usize) -> Vec<Case<'_>> {
        vec![
            self.case("hashes of a file", 60, 256, |n| handshake(n, n << 20)),
            self.case("hashes that do not fit the size", 500, many, |n| handshake(n, 7)),
            self.case("brackets", 500, many, |n| post("/v/", "text/plain", "[".repeat(n))),
            self.case("fields of a handshake", 500, many, |n| {
                post("/v/", "text/plain", format!("{{{}}}", list(n, ",", |at| format!("\"f{at}\":1"))))
            }),
            self.case("escapes in a handshake", 500, many, |n| {
                post("/v/", "text/plain", format!("{{\"name\":\"{}\"}}", "\\u0041".repeat(n)))
            }),
            self.case("names to delete", 100, many, |n| {
                post("/?delete", "application/json", format!("[{}]", list(n, ",", |at| format!("\"/v/none{at}\""))))
            }),
        ]
    }
}
