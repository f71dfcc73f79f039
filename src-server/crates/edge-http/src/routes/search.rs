//! Searches by name, path, size, date and tags (docs/http-api.md "Search"), and `?scan`.

use super::up2k::{self, collect_json};
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::render::search::{self as render, Outcome};
use crate::render::search_form::Search;
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::error::Denial;
use engine::library::{SearchRequest, SearchResult, TagValue, Unsearched};
use http::StatusCode;
use model::VPath;
use model::query::{FormField, Query, from_form, from_typed, parse};
use model::vpath::push_percent_encoded;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Results of a request that names no number.
const HITS: usize = 1000;

/// Handles `POST ?srch`: `{"q": "<expression>", "n": <most results>}`, the fields of the search form instead of `q`, or
/// a search by content.
pub async fn search(request: &Request, mut body: RequestBody) -> RouteResult {
    let json = collect_json(&mut body).await?;
    let not_json = || {
        let text = format!("you POSTed {} bytes of invalid json", json.len());
        Failure::text(StatusCode::UNPROCESSABLE_ENTITY, text)
    };
    let Ok(Value::Object(fields)) = serde_json::from_slice(&json) else { return Err(not_json()) };
    if fields.contains_key("srch") {
        return up2k::search_by_content(request, &json).await;
    }
    let bad = |sentence: String| Failure::text(StatusCode::BAD_REQUEST, sentence);
    let query = query_of(&fields).map_err(bad)?;
    let limit = limit_of(&fields).map_err(bad)?;
    let result = request.engine().library.search(&request.access, SearchRequest::new(query, limit)).await?;
    Ok(reply::json(StatusCode::OK, print(request, &result)))
}

/// Handles `GET folder?q=` of browsers: what a person typed. Dates in it are meant in UTC.
pub async fn page(request: &Request, text: &str) -> RouteResult {
    let is_everywhere = request.query.has(urls::EVERYWHERE);
    let within = if is_everywhere { VPath::root() } else { request.path.clone() };
    let library = &request.engine().library;
    let outcome = match from_typed(text, 0) {
        _ if !library.can_search_in(&request.access, &within) => Outcome::NoIndex,
        Err(wrong) => Outcome::NotUnderstood(wrong),
        Ok(query) => {
            let asked = SearchRequest { query, limit: HITS, within, for_people: true };
            Outcome::Found(library.search(&request.access, asked).await?)
        }
    };
    let status = match outcome {
        Outcome::NotUnderstood(_) => StatusCode::BAD_REQUEST,
        Outcome::Found(_) | Outcome::NoIndex => StatusCode::OK,
    };
    Ok(reply::html(status, render::page(request, Search { text, is_everywhere }, &outcome)))
}

/// Handles `POST ?scan`: the volumes at and below the path are compared with their indexes.
pub fn rescan(request: &Request) -> RouteResult {
    if request.query.text("scan").is_some_and(|value| !value.is_empty()) {
        let text = "?scan takes no value: POST to the folder whose volumes shall be scanned, such as /music/?scan";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    }
    if request.settings().behaviour.no_rescan {
        return Err(EngineError::Denied(Denial::SwitchedOff("scan")).into());
    }
    let volumes = request.engine().library.rescan_below(&request.access, &request.path)?;
    let text = match volumes {
        0 => "no volume here has an index\n".to_owned(),
        1 => "1 volume is compared with its index\n".to_owned(),
        many => format!("{many} volumes are compared with their indexes\n"),
    };
    Ok(reply::text(StatusCode::OK, text))
}

/// Returns the query, or a sentence that says what is wrong. No field is ignored: the search would find more than was asked
/// for.
fn query_of(fields: &Map<String, Value>) -> Result<Query, String> {
    let mut form = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| !matches!(name.as_str(), "q" | "n")) {
        let field = FormField::named(name).ok_or_else(|| format!("'{name}' is not a field of a search"))?;
        let value = match value {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return Err(format!("the value of '{name}' must be a text or a number")),
        };
        form.push((field, value));
    }
    let parsed = match fields.get("q") {
        Some(Value::String(_)) if !form.is_empty() => {
            return Err("there is 'q' and a field of the search form; one of them is possible".into());
        }
        Some(Value::String(expression)) => parse(expression),
        Some(_) => return Err("the value of 'q' must be a text".into()),
        None if form.is_empty() => return Err("nothing to search for: 'q' is missing".into()),
        None => from_form(form.iter().map(|(field, value)| (*field, &**value))),
    };
    parsed.map_err(|error| error.to_string())
}

/// Returns the greatest number of results; it can be written as text.
fn limit_of(fields: &Map<String, Value>) -> Result<usize, String> {
    let number = match fields.get("n") {
        None => return Ok(HITS),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64().and_then(|number| usize::try_from(number).ok()),
    };
    number.ok_or_else(|| "the value of 'n' must be a whole number from 0".into())
}

fn json_value(value: &TagValue) -> Value {
    match value {
        TagValue::Integer(number) => Value::from(*number),
        TagValue::Real(number) => Value::from(*number),
        TagValue::Text(text) => Value::from(text.as_str()),
        TagValue::Null => Value::Null,
    }
}

fn print(request: &Request, result: &SearchResult) -> String {
    let mut out = String::with_capacity(32 + result.hits.len() * 80);
    out.push_str("{\"hits\": [");
    for (number, hit) in result.hits.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        write!(out, "{comma}{{\"ts\": {}, \"sz\": {}, \"rp\": \"", hit.modified.secs(), hit.size)
            .expect("writing to a string cannot fail");
        push_percent_encoded(&mut out, hit.path.as_bytes());
        if let Some(key) = request.engine().reader.key(&request.access, &hit.path, hit.size, hit.ino) {
            out.push_str("?k=");
            out.push_str(&key);
        }
        out.push_str("\", \"tags\": {");
        for (number, (name, value)) in hit.tags.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(out, "{comma}{}: {}", Value::from(name.as_str()), json_value(value))
                .expect("writing to a string cannot fail");
        }
        out.push_str("}}");
    }
    let order = Value::from(result.tag_order.as_slice());
    write!(out, "], \"tag_order\": {order}, \"trunc\": ").expect("writing to a string cannot fail");
    out.push_str(if result.is_truncated { "true" } else { "false" });
    if !result.unsearched.is_empty() {
        let volume = |one: &Unsearched| json!({ "path": one.mount.display(), "why": one.why });
        let all: Vec<_> = result.unsearched.iter().map(volume).collect();
        write!(out, ", \"unsearched\": {}", Value::from(all)).expect("writing to a string cannot fail");
    }
    out.push('}');
    out
}
