//! Tests of the routes without sockets: a real engine over a temporary folder, with requests passed directly to the
//! filters.

mod abandon;
mod api;
mod archives;
mod batch;
mod bounds;
mod browse;
mod conditions;
mod files;
mod forms;
mod join;
mod markdown;
mod my_uploads;
mod pages;
mod properties;
mod proxies;
mod rights;
mod same_head;
mod search;
mod security;
mod share_links;
mod site;
mod thumbnails;
mod times;
mod trash;
mod visitors;
