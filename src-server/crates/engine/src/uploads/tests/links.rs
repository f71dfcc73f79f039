//! Links that deduplication has made, and what becomes of them when what they lead to goes.

use super::*;
use crate::files::ops::FileOps;
use model::volume::DedupMode;
use store::disk::Op;

/// A volume whose equal files are symbolic links to the first.
fn with_links() -> Site {
    let tmp = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("temp folder");
    Site::in_folder(tmp, &[("v", "v", "rwmd *")], |settings| settings.volumes[0].flags.dedup = DedupMode::Symlink)
}

#[tokio::test]
async fn what_stays_in_a_volume_that_is_emptied_keeps_its_content() {
    let sent = Sent::noise(7, 3000);
    let names = ["a", "b/b", "c", "d/d"];
    let mut losses_of_the_original = 0;
    // One of them goes and the others cannot be removed; each in turn, in whichever order the folder lists them.
    for goes in 1..=4 {
        let site = with_links();
        let ann = Person::new(&site, "*");
        for name in names {
            let (folder, name) =
                name.rsplit_once('/').map_or(("v".to_owned(), name), |(folder, name)| (format!("v/{folder}"), name));
            ann.upload(&folder, name, &sent).await.expect("is accepted");
        }
        let faults = site.with_faults();
        (1..=6).filter(|nth| *nth != goes).for_each(|nth| faults.fail_nth(Op::Remove, nth, std::io::ErrorKind::Other));
        let emptied = FileOps { core: site.core.clone() }.delete(&ann.access, &vpath("v")).await;
        assert!(emptied.is_err(), "{emptied:?}");
        let left: Vec<_> =
            names.into_iter().filter(|name| site.at("v").join(name).symlink_metadata().is_ok()).collect();
        losses_of_the_original += u32::from(!left.contains(&"a"));
        for name in left {
            let read = std::fs::read(site.at("v").join(name)).ok();
            assert_eq!(read.as_deref(), Some(&sent.content[..]), "{name} after removal {goes}");
        }
    }
    assert!(losses_of_the_original > 0);
}
