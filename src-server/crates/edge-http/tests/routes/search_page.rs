//! Searching without script: `?q=` of a folder as a page.

use crate::search::indexed;
use crate::site::{Site, site};
use model::Settings;
use std::fs;

/// Returns links and names of the rows.
fn rows(page: &str) -> Vec<(&str, &str)> {
    let cells = page.split("</td><td><a href=\"").skip(1);
    cells.filter_map(|cell| cell.split_once("</a>")?.0.split_once("\">")).collect()
}

async fn page(site: &Site, path: &str, want: u16) -> String {
    let answer = site.browse(path).await;
    assert_eq!(answer.status, want, "{path}");
    answer.text()
}

#[tokio::test]
async fn results_are_listed_with_their_paths() {
    let site = indexed(|_| {}).await;
    let found = page(&site, "/?q=sommer", 200).await;
    let folder = ("/Photos/S%C3%B6mmer%202026/", "Photos/Sömmer 2026/");
    let file = ("/Photos/S%C3%B6mmer%202026/beach.jpg", "Photos/Sömmer 2026/beach.jpg");
    assert_eq!(rows(&found), [folder, file]);
    assert!(
        found.contains("<p class=\"summary\">2 results</p>") && found.contains("<td>10 B</td>\n<td>jpg</td>"),
        "{found}"
    );
    assert!(found.contains("value=\"sommer\"") && !found.contains(" checked"), "the form keeps what was typed");
    // Only what is below the folder, unless all folders are asked for.
    let below = page(&site, "/Photos/?q=type:txt", 200).await;
    assert!(rows(&below).is_empty() && below.contains("Nothing was found."), "{below}");
    let everywhere = page(&site, "/Photos/?q=type:txt&everywhere=1", 200).await;
    assert_eq!(rows(&everywhere), [("/notes.txt", "notes.txt")]);
    assert!(everywhere.contains(" checked"));
    assert!(!page(&site, "/?q=secret&everywhere=1", 200).await.contains("ann/"), "what others may read is not found");
}

#[tokio::test]
async fn wrong_and_empty_searches_are_answered_in_plain_sentences() {
    let site = indexed(|_| {}).await;
    let wrong = page(&site, "/?q=size%3Ebig%3Cb%3E", 400).await;
    assert!(
        wrong.contains("The search was not understood: &#39;big&lt;b&gt;&#39; is not a size such as 10M or 1.5G"),
        "{wrong}"
    );
    let listing = page(&site, "/?q=+", 200).await;
    assert!(
        listing.contains("id=\"files\"") && listing.contains("class=\"find-plain\""),
        "a blank search is the listing"
    );
    // A program gets the listing, as ever.
    let program = site.get("/?q=sommer").await.text();
    assert!(program.contains("notes.txt"), "{program}");
}

#[tokio::test]
async fn long_results_come_in_pieces() {
    let many = |settings: &mut Settings| {
        let folder = settings.volumes[0].source.join("many");
        fs::create_dir_all(&folder).expect("a folder");
        for number in 0..205 {
            fs::write(folder.join(format!("piece {number:03}.txt")), "x").expect("a file");
        }
    };
    let site = indexed(many).await;
    let mut names = Vec::new();
    let all: Vec<String> = (0..205).map(|number| format!("many/piece {number:03}.txt")).collect();
    for (number, count) in [(1, 100), (2, 100), (3, 5)] {
        let found = page(&site, &format!("/?q=%22piece%22+type:txt&page={number}"), 200).await;
        assert!(found.contains("205 results") && found.contains(&format!("Page {number} of 3")), "{found}");
        let next = format!("?q=%22piece%22%20type%3Atxt&amp;page={}", number + 1);
        assert_eq!(found.contains(&next), number < 3, "{found}");
        assert_eq!(rows(&found).len(), count);
        names.extend(rows(&found).into_iter().map(|(_, name)| name.to_owned()));
    }
    names.sort();
    assert_eq!(names, all);
}

#[tokio::test]
async fn a_folder_without_index_says_so() {
    let site = site(&[("", "r"), ("drop", "w")]).await;
    let nothing = page(&site, "/?q=x", 200).await;
    assert!(nothing.contains("Nothing here can be searched.") && !nothing.contains("id=\"results\""), "{nothing}");
    assert!(!page(&site, "/", 200).await.contains("class=\"find-plain\""), "the listing has no form then");
    assert!(page(&site, "/drop/?q=x", 200).await.contains("data-guest"), "who may not list may not search");
}
