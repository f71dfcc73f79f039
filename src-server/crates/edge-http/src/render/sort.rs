//! The order of rows: `?sort=name`; a minus in front reverses it.

use crate::extract::Query;
use crate::request::Request;
use crate::urls;
use engine::listing::{Entry, Listing, NameOrder};
use model::page_list_flags::SortColumn;
use std::cmp::{Ordering, Reverse};

/// The column that rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// By name, the order in which listings are returned.
    #[default]
    Name,
    /// By size; folders stay sorted by name.
    Size,
    /// By extension, then name.
    Extension,
    /// By modification time.
    Date,
}

impl Column {
    /// Returns the value of `?sort=`.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Extension => "ext",
            Self::Date => "date",
        }
    }
}

/// Direction of sorting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Smallest, oldest, A first.
    #[default]
    Ascending,
    /// Largest, newest, Z first.
    Descending,
}

/// Column and direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: Column,
    /// The direction.
    pub direction: Direction,
}

impl Order {
    /// Parses `?sort=`; an unknown value means the default order.
    pub fn from_query(query: &Query) -> Self {
        let Some(text) = query.text(urls::SORT) else { return Self::default() };
        let (word, direction) = match text.strip_prefix('-') {
            Some(word) => (word, Direction::Descending),
            None => (&*text, Direction::Ascending),
        };
        let columns = [Column::Name, Column::Size, Column::Extension, Column::Date];
        match columns.into_iter().find(|column| column.parameter() == word) {
            Some(column) => Self { column, direction },
            None => Self::default(),
        }
    }

    /// Returns the order that the query names; without one that of the volume.
    pub fn of_page(request: &Request) -> Self {
        if request.query.has(urls::SORT) { Self::from_query(&request.query) } else { Self::of_volume(request) }
    }

    /// Returns the order of the volume (`sort`). Rows without script have no order by tags: then it is by name.
    pub fn of_volume(request: &Request) -> Self {
        let Some(at) = request.access.volume_path(&request.path) else { return Self::default() };
        let Some(rule) = at.volume.config.flags.page_lists.sort.first() else { return Self::default() };
        let column = match rule.column {
            SortColumn::Name => Column::Name,
            SortColumn::Size => Column::Size,
            SortColumn::Extension => Column::Extension,
            SortColumn::Date => Column::Date,
            SortColumn::Tag(_) => return Self::default(),
        };
        let direction = if rule.descending { Direction::Descending } else { Direction::Ascending };
        Self { column, direction }
    }

    /// Returns the value of `?sort=` for this order.
    pub fn parameter(self) -> String {
        let minus = if self.direction == Direction::Descending { "-" } else { "" };
        format!("{minus}{}", self.column.parameter())
    }

    /// Sorts folders and files separately. Listings are returned sorted by name, and the stable sort keeps that order
    /// among equals.
    pub fn apply(self, listing: &mut Listing) {
        let names = listing.order;
        self.sort(&mut listing.files, names);
        self.sort_folders(&mut listing.folders, names);
    }

    /// Folders of unknown size come last in either direction, as the page sorts them (`web/src/browse/order.ts`).
    fn sort_folders(self, folders: &mut [Entry], names: NameOrder) {
        match self.column {
            Column::Extension => {}
            Column::Name | Column::Date => self.sort(folders, names),
            Column::Size => {
                self.sort(folders, names);
                folders.sort_by_key(|folder| folder.files_below.is_none());
            }
        }
    }

    fn sort(self, entries: &mut [Entry], names: NameOrder) {
        let by: &dyn Fn(&Entry, &Entry) -> Ordering = match self.column {
            Column::Name => {
                if self.direction == Direction::Descending {
                    entries.reverse();
                }
                return;
            }
            Column::Size => &|a, b| a.size.cmp(&b.size),
            Column::Date => &|a, b| a.modified.cmp(&b.modified),
            Column::Extension => {
                // The keys are computed once per entry.
                let key = |entry: &Entry| entry.name.extension().map(|extension| names.key(extension));
                return match self.direction {
                    Direction::Ascending => entries.sort_by_cached_key(key),
                    Direction::Descending => entries.sort_by_cached_key(|entry| Reverse(key(entry))),
                };
            }
        };
        match self.direction {
            Direction::Ascending => entries.sort_by(by),
            Direction::Descending => entries.sort_by(|a, b| by(b, a)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{FileName, UnixMillis};

    #[test]
    fn folders_of_unknown_size_come_last_in_either_direction() {
        let folder = |name: &str, size, files_below| Entry {
            name: FileName::new(name.as_bytes()).expect("is a name"),
            size,
            files_below,
            modified: UnixMillis(0),
            mount_rights: None,
            archivable: false,
            picture: None,
            key: None,
            tags: Default::default(),
        };
        let folders = [folder("a link", 0, None), folder("empty", 0, Some(0)), folder("large", 9, Some(2))];
        for (direction, want) in [
            (Direction::Ascending, ["empty", "large", "a link"]),
            (Direction::Descending, ["large", "empty", "a link"]),
        ] {
            let mut sorted = folders.to_vec();
            Order { column: Column::Size, direction }.sort_folders(&mut sorted, NameOrder::Natural);
            let names: Vec<_> = sorted.iter().map(|entry| entry.name.display()).collect();
            assert_eq!(names, want);
        }
    }
}
