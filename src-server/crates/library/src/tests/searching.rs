//! What is found, and by whom.

use super::World;
use crate::SearchRequest;
use model::query::parse;
use vfs::testing::vpath;

#[tokio::test]
async fn accounts_find_what_they_may_read() {
    let mut world =
        World::new(&[("v", "v", "r *"), ("w", "w", "r ann,w *"), ("x", "v/x", "r ann"), ("d", "d", "r. *")]);
    for (at, content) in [
        ("v/a.mp3", "1"),
        ("v/.dot/b.mp3", "2"),
        ("v/.c.mp3", "3"),
        ("v/x/shadowed.mp3", "4"),
        ("w/deep/er/d.mp3", "5"),
        ("x/e.mp3", "6"),
        ("d/.f.mp3", "7"),
        ("v/.hist/state.mp3", "8"),
    ] {
        world.write(at, content);
    }
    world.settle().await;
    assert_eq!(world.find("*", "name like *.mp3").await, ["/d/.f.mp3", "/v/a.mp3"]);
    assert_eq!(world.find("ann", "name like *.mp3").await, ["/d/.f.mp3", "/v/a.mp3", "/v/x/e.mp3", "/w/deep/er/d.mp3"]);
    assert_eq!(world.find("ann", "path like w/deep*").await, ["/w/deep/er/d.mp3"]);
    // Only files that still exist, with their present size.
    world.write("v/a.mp3", "longer");
    std::fs::remove_file(world.path("d/.f.mp3")).expect("removes");
    let request = SearchRequest::new(parse("name like *.mp3").expect("parses"), 10);
    let result = world.library.search(&world.site.access("*"), request).await.expect("searches");
    assert_eq!(result.hits.iter().map(|hit| (hit.path.clone(), hit.size)).collect::<Vec<_>>(), [(vpath("v/a.mp3"), 6)]);
}

#[tokio::test]
async fn the_best_results_come_first_and_their_number_is_limited() {
    let mut world = World::with(&[("v", "v", "r *")], |settings| settings.behaviour.search_hits = 4);
    for name in ["an abc", "zabc", "abc 10", "ABC 9", "x-abc", "nothing"] {
        world.write(&format!("v/{name}"), "1");
    }
    world.settle().await;
    let find = async |limit| {
        let request = SearchRequest::new(parse("name like *abc*").expect("parses"), limit);
        world.library.search(&world.site.access("*"), request).await.expect("searches")
    };
    let names = |result: &crate::SearchResult| {
        result
            .hits
            .iter()
            .map(|hit| hit.path.split_last().expect("has a name").1.display().to_string())
            .collect::<Vec<_>>()
    };
    let some = find(100).await;
    assert_eq!((some.hits.len(), some.is_truncated), (4, true), "the settings limit it");
    assert_eq!(find(0).await, crate::SearchResult { is_truncated: true, ..Default::default() });
    let mut world = World::new(&[("v", "v", "r *")]);
    for name in ["an abc", "zabc", "abc 10", "ABC 9", "x-abc", "nothing"] {
        world.write(&format!("v/{name}"), "1");
    }
    world.settle().await;
    let request = SearchRequest::new(parse("name like *abc*").expect("parses"), 5);
    let all = world.library.search(&world.site.access("*"), request).await.expect("searches");
    assert!(!all.is_truncated, "exactly as many as allowed");
    assert_eq!(names(&all), ["ABC 9", "abc 10", "an abc", "x-abc", "zabc"]);
}

#[tokio::test]
async fn settings_limit_what_is_indexed_and_found() {
    let mut world = World::with(&[("v", "v", "r. *"), ("w", "w", "rw *")], |settings| {
        let index = &mut settings.volumes[0].flags.index;
        index.exclude = Some(r"\.bak$|/v/tmp$".into());
        index.search_exclude = Some("^v/secret".into());
        index.search_dotfiles = false;
        settings.volumes[1].flags.index.no_scan = true;
    });
    for at in ["v/a", "v/a.bak", "v/tmp/b", "v/secret/c", "v/.d", "v/e/f", "w/before"] {
        world.write(at, "1");
    }
    world.settle().await;
    assert_eq!(world.find("*", "size > 0").await, ["/v/a", "/v/e/f"]);
    world.write("w/after.txt", "1");
    world.settle_until("path = w", &["/w/after.txt"]).await;
}

#[tokio::test]
async fn an_index_that_cannot_be_used_is_named_and_the_others_are_searched() {
    let volumes = [("v", "v", "r *"), ("w", "w", "r *"), ("secret", "secret", "r ann")];
    let mut world = World::new(&volumes);
    volumes.iter().for_each(|(folder, ..)| world.write(&format!("{folder}/a"), "1"));
    world.settle().await;
    let request = || SearchRequest::new(parse("name = a").expect("parses"), 10);
    let world = world.restarted_after(|top| make_unusable(top, &["v", "secret"]));
    let result = world.library.search(&world.site.access("*"), request()).await.expect("searches");
    assert_eq!(result.hits.iter().map(|hit| hit.path.display()).collect::<Vec<_>>(), ["/w/a"]);
    let [one] = &result.unsearched[..] else { panic!("only what the account may read: {:?}", result.unsearched) };
    assert_eq!((one.mount.clone(), one.why), (vpath("v"), "its index was written by a newer version of the server"));
    let world = world.restarted_after(|top| make_unusable(top, &["w"]));
    let error = world.library.search(&world.site.access("*"), request()).await.expect_err("nothing can be searched");
    assert_eq!(error.to_string(), "/v cannot be searched: its index was written by a newer version of the server.");
}

/// Gives the indexes of these volumes a version that this program does not know.
fn make_unusable(top: &std::path::Path, volumes: &[&str]) {
    for volume in volumes {
        let connection = store::db::rusqlite::Connection::open(top.join(volume).join(".hist/index.db")).expect("opens");
        connection.pragma_update(None, "user_version", 9999).expect("sets it");
    }
}

#[tokio::test]
async fn patterns_of_paths_are_compared_with_the_path_on_disk() {
    let mut world = World::with(&[("v", "m", "r *")], |settings| {
        settings.volumes[0].flags.index.search_exclude = Some("^m/hidden/".into());
    });
    for at in ["v/node_modules/deep/a", "v/x/node_modules/b", "v/c", "v/raw/d", "v/raw/x/e", "v/hidden/f"] {
        world.write(at, "1");
    }
    let top = world.path("v/raw").display().to_string();
    world.site.change(|settings| {
        settings.volumes[0].flags.index.exclude = Some(format!("/node_modules/|^{top}/x"));
        settings.volumes[0].flags.index.no_hash = Some(format!("^{top}/d$"));
    });
    world.settle().await;
    assert_eq!(world.find("*", "").await, ["/m/c", "/m/raw/d"]);
    let files = world.index(|own| own.open().expect("opens").files_after(0, 10)).expect("reads");
    let is_read = |name: &str| {
        let file = files.iter().find(|file| file.name.as_bytes() == name.as_bytes()).expect("is in the index");
        file.content.as_ref().expect("is known").is_of_content()
    };
    assert_eq!((is_read("c"), is_read("d")), (true, false));
}

#[tokio::test]
async fn contents_are_found_where_they_may_be_read() {
    let mut world = World::with(&[("v", "v", "r *"), ("n", "n", "r *")], |settings| {
        settings.volumes[1].flags.index.no_hash = Some("/n/raw/".into());
    });
    let large: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    for at in ["v/large", "v/d/copy", "n/raw/unread", "n/cooked"] {
        world.write(at, &large);
    }
    (0..3000).for_each(|number| world.write(&format!("v/many/{number}"), format!("content {}", number % 1000)));
    world.write("v/empty", "");
    world.settle().await;
    let chunk = model::chunking::ChunkPlan::new(model::Bytes(large.len() as u64), model::chunking::Generation::G2);
    let wark = |content: &[u8], chunk: usize| {
        let hashes: Vec<_> = content.chunks(chunk).map(|part| model::ChunkHash::from_sha512(&digest(part))).collect();
        let salt = &world.site.core.snapshot.load().settings.behaviour.wark_salt;
        model::Wark::of_content(salt, model::Bytes(content.len() as u64), &hashes)
    };
    let found = |content: &[u8], chunk: usize| {
        let mut all = Vec::new();
        for volume in &world.site.core.snapshot.load().tree.volumes {
            let files = volume.storage.files_with(&wark(content, chunk), 100).expect("reads");
            all.extend(
                files
                    .iter()
                    .map(|file| volume.config.mount.append(&file.folder).join(&file.name).display().to_string()),
            );
        }
        all.sort();
        all
    };
    assert_eq!(found(&large, chunk.chunk_size().0 as usize), ["/n/cooked", "/v/d/copy", "/v/large"]);
    assert_eq!(found(b"content 77", 100), ["/v/many/1077", "/v/many/2077", "/v/many/77"]);
    assert_eq!(found(b"content 1000", 100), [""; 0]);
}

fn digest(content: &[u8]) -> [u8; 64] {
    let mut state = store::hash::Sha512State::new();
    state.update(content);
    state.finish()
}
