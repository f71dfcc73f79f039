//! Searches by name, path, size, date and tags (docs/http-api.md "Search"), and `?scan`.

use super::up2k::{self, collect_json};
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use engine::EngineError;
use engine::error::Denial;
use engine::library::{SearchRequest, SearchResult, TagValue};
use http::StatusCode;
use model::query::{FormField, Query, QueryError, from_form, parse};
use model::vpath::push_percent_encoded;
use serde_json::{Map, Value};
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
    let query = query_of(&fields).map_err(|error| Failure::text(StatusCode::BAD_REQUEST, error.to_string()))?;
    let limit = fields.get("n").and_then(number).unwrap_or(HITS);
    let result = request.engine().library.search(&request.access, SearchRequest { query, limit }).await?;
    Ok(reply::json(StatusCode::OK, print(request, &result)))
}

/// Handles `POST ?scan`: the volumes at and below the path are compared with their indexes.
pub fn rescan(request: &Request) -> RouteResult {
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

fn query_of(fields: &Map<String, Value>) -> Result<Query, QueryError> {
    if let Some(expression) = fields.get("q") {
        return parse(expression.as_str().unwrap_or(""));
    }
    from_form(fields.iter().filter_map(|(name, value)| Some((FormField::named(name)?, value.as_str()?))))
}

/// Returns a whole number, also one that is written as text.
fn number(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64().and_then(|number| usize::try_from(number).ok()),
    }
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
    out.push_str(if result.is_truncated { "true}" } else { "false}" });
    out
}
