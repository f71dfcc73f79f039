//! Tags follow their contents: read once, kept through moves, shown by searches.

use super::World;
use crate::{SearchRequest, TagValue};
use model::Settings;
use model::query::parse;
use model::tag_flags::TagMode;
use vfs::files::ops::IfExists;
use vfs::testing::vpath;

const SONG: &[u8] = include_bytes!("../../tests/data/a.flac");

fn all(settings: &mut Settings) {
    settings.volumes.iter_mut().for_each(|volume| volume.flags.tags.mode = TagMode::All);
}

impl World {
    async fn tags(&self, expression: &str) -> (Vec<(String, TagValue)>, Vec<String>) {
        let request = SearchRequest::new(parse(expression).expect("parses"), 10);
        let result = self.library.search(&self.site.access("*"), request).await.expect("searches");
        (result.hits.into_iter().next().map(|hit| hit.tags).unwrap_or_default(), result.tag_order)
    }
}

#[tokio::test]
async fn tags_are_found_shown_and_kept() {
    let mut world = World::with(&[("v", "v", "rwmd. *")], all);
    world.write("v/a/song.flac", SONG);
    world.write("v/b/copy.flac", SONG);
    world.write("v/c.flac", b"no music");
    world.write("v/d.txt", b"text");
    world.settle().await;
    let both = ["/v/a/song.flac", "/v/b/copy.flac"];
    for (expression, want) in [
        ("artist like art", &both[..]),
        ("artist = Art and .bpm > 171.5", &both),
        (".bpm > 172", &[]),
        ("key = 8A and path like *b", &["/v/b/copy.flac"]),
        ("tags like *ttl*", &both),
        ("title like * and not artist = Art", &[]),
        ("not artist = Art", &["/v/c.flac", "/v/d.txt"]),
    ] {
        assert_eq!(world.find("*", expression).await, want, "{expression}");
    }
    let (tags, order) = world.tags("name = song.flac").await;
    assert!(tags.contains(&(".bpm".into(), TagValue::Integer(172))), "{tags:?}");
    assert!(tags.contains(&("title".into(), TagValue::Text("Ttl".into()))), "{tags:?}");
    assert_eq!(order[..5], ["circle", "album", ".tn", "artist", "title"]);
    assert_eq!(world.tags("name = d.txt").await, (vec![], vec![]));
    // Names change, tags stay; a changed content loses them.
    std::fs::rename(world.path("v/a/song.flac"), world.path("v/moved.flac")).expect("renames");
    std::fs::remove_file(world.path("v/b/copy.flac")).expect("removes");
    world.settle_until("artist = Art", &["/v/moved.flac"]).await;
    world.write("v/moved.flac", b"something else");
    world.settle_until("artist = Art", &[]).await;
}

#[tokio::test]
async fn a_file_that_is_renamed_to_a_song_is_read() {
    let mut world = World::with(&[("v", "v", "rwmd. *")], all);
    world.write("v/song.bin", SONG);
    world.settle().await;
    assert_eq!(world.find("*", "artist = Art").await, [""; 0]);
    let (from, to, access) = (vpath("v/song.bin"), vpath("v/song.flac"), world.site.access("*"));
    world.ops.move_to(&access, &from, &to, IfExists::Refuse).await.expect("moves");
    world.settle().await;
    assert_eq!(world.find("*", "artist = Art").await, ["/v/song.flac"]);
}
