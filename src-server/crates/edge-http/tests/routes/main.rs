//! Routes without sockets: a real engine over a fresh folder, and requests straight into the filters.

mod abandon;
mod archives;
mod bounds;
mod browse;
mod conditions;
mod files;
mod forms;
mod join;
mod my_uploads;
mod pages;
mod proxies;
mod rights;
mod same_head;
mod security;
mod site;
mod times;
mod visitors;
