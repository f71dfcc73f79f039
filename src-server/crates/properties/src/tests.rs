//! Properties follow their file by every operation, and need the rights to replace it.

use crate::{Properties, Property, PropertyChange, PropertyService};
use std::path::Path;
use std::sync::Arc;
use vfs::access::Access;
use vfs::error::Result;
use vfs::files::ops::{FileOps, IfExists};
use vfs::testing::{Services, SiteWith, error_name, vpath};
use vfs::volumes::extension::VolumeService;

/// Properties alone.
struct OnlyProperties;

impl Services for OnlyProperties {
    fn start(_: &Path) -> Self {
        Self
    }
    fn of_volumes(&self) -> Vec<Arc<dyn VolumeService>> {
        vec![Arc::new(PropertyService)]
    }
}

fn set(value: &str) -> Vec<PropertyChange> {
    vec![PropertyChange::Set(Property { name: "p".into(), value: value.into() })]
}

async fn value(properties: &Properties, access: &Access, path: &str) -> String {
    let mut found = properties.of(access, &vpath(path)).await.expect("reads");
    found.pop().map(|property| property.value).unwrap_or_default()
}

#[tokio::test]
async fn properties_follow_moves_and_copies_also_to_other_volumes_and_are_gone_with_the_file() -> Result<()> {
    let site = SiteWith::<OnlyProperties>::new(&[("v", "v", "rwmd *"), ("w", "w", "rwmd *")]);
    ["v/d/f", "v/d/e/f", "w/old"].iter().for_each(|path| site.file(path, "x"));
    let (properties, ops, access) =
        (Properties::new(site.core.clone()), FileOps::new(site.core.clone()), site.access("*"));
    for path in ["v/d", "v/d/f", "v/d/e/f", "w/old"] {
        properties.change(&access, &vpath(path), set(path)).await?;
    }
    ops.move_to(&access, &vpath("v/d"), &vpath("v/n"), IfExists::Refuse).await?;
    assert_eq!(value(&properties, &access, "v/n/e/f").await, "v/d/e/f");
    assert_eq!(value(&properties, &access, "v/d").await, "");
    ops.copy_to(&access, &vpath("v/n"), &vpath("w/n"), IfExists::Refuse).await?;
    ops.move_to(&access, &vpath("v/n/f"), &vpath("w/old"), IfExists::Replace).await?;
    for (path, expected) in [("w/n", "v/d"), ("w/n/f", "v/d/f"), ("w/old", "v/d/f"), ("v/n", "v/d"), ("v/n/f", "")] {
        assert_eq!(value(&properties, &access, path).await, expected, "{path}");
    }
    let inside = properties.in_folder(&access, &vpath("w/n")).await?;
    assert_eq!(inside.keys().map(|name| name.display()).collect::<Vec<_>>(), ["f"]);
    ops.delete(&access, &vpath("w/n")).await?;
    ops.make_folder(&access, &vpath("w"), b"n").await?;
    assert_eq!(value(&properties, &access, "w/n").await, "");
    Ok(())
}

#[tokio::test]
async fn changes_need_the_rights_to_replace_the_file() {
    let site = SiteWith::<OnlyProperties>::new(&[("v", "v", "rw *, rwd ann")]);
    site.file("v/f", "x");
    let properties = Properties::new(site.core.clone());
    let change = async |name: &str, path: &str| properties.change(&site.access(name), &vpath(path), set("x")).await;
    assert_eq!(error_name(&change("*", "v/f").await.expect_err("may not delete")), "Right");
    assert_eq!(error_name(&change("ann", "v/none").await.expect_err("is not there")), "NotFound");
    change("ann", "v/f").await.expect("may");
    change("ann", "v").await.expect("the top folder, too");
}
