//! Long folders in pieces, for browsers: a page of 100,000 rows takes seconds to show. The script asks the page API for the rest;
//! without script, links lead from piece to piece. Programs get all rows: they look for names in them.

use super::sort::Order;
use crate::request::Request;
use crate::urls;
use engine::listing::Listing;

/// Rows of a piece. With names of usual length the compressed page stays below 20 KB.
pub const PAGE_ROWS: usize = 500;
/// Rows of a piece of what was found.
pub const RESULT_ROWS: usize = 100;

/// One piece of a folder that does not fit into one.
#[derive(Debug, PartialEq, Eq)]
pub struct Pages {
    /// Number of this piece, from 1.
    pub number: usize,
    /// Number of all pieces, at least 2.
    pub count: usize,
    /// Link to the piece before.
    pub previous: Option<String>,
    /// Link to the piece after.
    pub next: Option<String>,
}

impl Pages {
    /// Returns the piece that `?page=` asks for (the first, or the last, if there is none of that number); `None` if the
    /// folder is short, or a program asks.
    pub fn of(request: &Request, listing: &Listing) -> Option<Self> {
        let rows = listing.folders.len() + listing.files.len();
        if !request.head.is_page_load() {
            return None;
        }
        Self::of_rows(request, rows, PAGE_ROWS, &parameters(request))
    }

    /// Returns the piece of the results of a search that `?page=` asks for; `None` if all fit into one. `parameters`: of
    /// the search, each with `&` at its end.
    pub fn of_results(request: &Request, rows: usize, parameters: &str) -> Option<Self> {
        Self::of_rows(request, rows, RESULT_ROWS, parameters)
    }

    fn of_rows(request: &Request, rows: usize, most: usize, parameters: &str) -> Option<Self> {
        if rows <= most {
            return None;
        }
        let asked = request.query.text(urls::PAGE).and_then(|text| text.parse().ok()).unwrap_or(1);
        let count = rows.div_ceil(most);
        let number = usize::clamp(asked, 1, count);
        let href = |number: usize| format!("?{parameters}{}={number}", urls::PAGE);
        Some(Self {
            number,
            count,
            previous: (number > 1).then(|| href(number - 1)),
            next: (number < count).then(|| href(number + 1)),
        })
    }

    /// Returns the first of the results of this piece.
    pub fn first_result(&self) -> usize {
        (self.number - 1) * RESULT_ROWS
    }

    /// Leaves only the rows of this piece in the listing. Folders and files are counted together, folders first.
    pub fn cut(&self, listing: &mut Listing) {
        let start = (self.number - 1) * PAGE_ROWS;
        let end = start + PAGE_ROWS;
        let folders = listing.folders.len();
        keep(&mut listing.folders, start, end);
        keep(&mut listing.files, start.saturating_sub(folders), end.saturating_sub(folders));
    }
}

fn keep<T>(items: &mut Vec<T>, start: usize, end: usize) {
    items.truncate(end);
    items.drain(..start.min(items.len()));
}

/// Returns the parameters of a folder that links to its other pieces keep.
fn parameters(request: &Request) -> String {
    let dots = if request.query.has(urls::DOTS) { format!("{}&", urls::DOTS) } else { String::new() };
    let order = Order::of_page(request);
    let sort = if order == Order::of_volume(request) {
        String::new()
    } else {
        format!("{}={}&", urls::SORT, order.parameter())
    };
    format!("{dots}{sort}")
}

#[cfg(test)]
mod tests {
    use super::keep;

    #[test]
    fn pieces_add_up_to_the_whole() {
        let all: Vec<usize> = (0..23).collect();
        let pieces = (0..4).flat_map(|at| {
            let mut piece = all.clone();
            keep(&mut piece, at * 7, at * 7 + 7);
            assert!(piece.len() <= 7);
            piece
        });
        assert_eq!(pieces.collect::<Vec<_>>(), all);
        let mut none = all.clone();
        keep(&mut none, 30, 37);
        assert!(none.is_empty());
    }
}
