//! Limits that are checked when an upload starts, and folders that uploads are sorted into.

use super::field::Field;
use super::spec::{Kind, Spec};
use super::values;
use crate::units::Bytes;
use crate::volume::VolumeFlags;

pub(super) const ROWS: &[Spec] = &[
    Spec::value("sz", &[], Kind::Text, "MIN-MAX", "", "size of one file, such as 1k-3g")
        .flag_only(&["sz"])
        .sets_flag(Field::Custom { set: set_sizes, get: get_sizes, reset: reset_sizes }),
    Spec::value(
        "df",
        &["--min-free"],
        Kind::Size,
        "SIZE",
        "",
        "keep this much of the disk free, such as 4g; a bare number after --df means GiB",
    )
    .flag(&["df"])
    .as_flag(|text| {
        let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if bare { format!("{text}g") } else { text.into() }
    })
    .sets_flag(Field::MaybeSize(|f| &mut f.limits.min_free)),
    Spec::value("maxn", &[], Kind::Text, "N,SEC", "", "at most N files in SEC seconds from one address")
        .flag_only(&["maxn"])
        .sets_flag(Field::Custom {
            set: |f, text| count_per_time(text).map(|limit| f.limits.files_per_time = Some(limit)),
            get: |f| f.limits.files_per_time.map(|(count, secs)| format!("{count},{secs}")),
            reset: |f, d| f.limits.files_per_time = d.limits.files_per_time,
        }),
    Spec::value("maxb", &[], Kind::Text, "SIZE,SEC", "", "at most SIZE in SEC seconds from one address")
        .flag_only(&["maxb"])
        .sets_flag(Field::Custom {
            set: |f, text| size_per_time(text).map(|limit| f.limits.bytes_per_time = Some(limit)),
            get: |f| f.limits.bytes_per_time.map(|(size, secs)| format!("{},{secs}", values::print_size(size))),
            reset: |f, d| f.limits.bytes_per_time = d.limits.bytes_per_time,
        }),
    Spec::value("vmaxn", &[], Kind::Text, "N", "", "at most N files in the volume").flag_only(&["vmaxn"]).sets_flag(
        Field::Custom {
            set: |f, text| {
                values::size(text).map(|count| f.limits.max_files = Some(count.0).filter(|count| *count > 0))
            },
            get: |f| f.limits.max_files.map(|count| count.to_string()),
            reset: |f, d| f.limits.max_files = d.limits.max_files,
        },
    ),
    Spec::value("vmaxb", &[], Kind::Size, "SIZE", "", "at most SIZE in the volume")
        .flag_only(&["vmaxb"])
        .sets_flag(Field::MaybeSize(|f| &mut f.limits.max_bytes)),
    Spec::value("rotn", &[], Kind::Text, "N,DEPTH", "", "sort uploads into folders of at most N entries, DEPTH levels")
        .flag_only(&["rotn"])
        .sets_flag(Field::Custom {
            set: |f, text| folders_by_count(text).map(|rule| f.rotation.by_count = Some(rule)),
            get: |f| f.rotation.by_count.map(|(count, depth)| format!("{count},{depth}")),
            reset: |f, d| f.rotation.by_count = d.rotation.by_count,
        }),
    Spec::value("rotf", &[], Kind::Text, "PATTERN", "", "sort uploads into folders by date, such as %Y-%m/%d")
        .flag_only(&["rotf"])
        .sets_flag(Field::MaybeText(|f| &mut f.rotation.by_date)),
    Spec::value("rotf-tz", &[], Kind::Text, "ZONE", "UTC", "time zone of rotf").flag(&["rotf_tz"]).not_yet(),
];

fn set_sizes(flags: &mut VolumeFlags, text: &str) -> Result<(), String> {
    let wrong = || format!("'{text}' is not a range of sizes; write 1k-3g. A flag after it needs its own c, item.");
    let (min, max) = text.split_once('-').ok_or_else(wrong)?;
    let side = |side: &str| match side.trim() {
        "" => Ok(None),
        side => Bytes::parse(side).map(Some).ok_or_else(wrong),
    };
    let (min, max) = (side(min)?, side(max)?);
    if min.is_some_and(|min| max.is_some_and(|max| min > max)) {
        return Err(format!("'{text}' is an empty range; write the smaller size first."));
    }
    (flags.limits.min_size, flags.limits.max_size) = (min, max);
    Ok(())
}

fn get_sizes(flags: &VolumeFlags) -> Option<String> {
    let (min, max) = (flags.limits.min_size, flags.limits.max_size);
    let side = |size: Option<Bytes>| size.map(values::print_size).unwrap_or_default();
    (min.is_some() || max.is_some()).then(|| format!("{}-{}", side(min), side(max)))
}

fn reset_sizes(flags: &mut VolumeFlags, defaults: &VolumeFlags) {
    flags.limits.min_size = defaults.limits.min_size;
    flags.limits.max_size = defaults.limits.max_size;
}

fn count_per_time(text: &str) -> Result<(u64, u64), String> {
    let (count, secs) = values::pair(text)?;
    Ok((values::size(count)?.0, values::seconds(secs)?))
}

fn size_per_time(text: &str) -> Result<(Bytes, u64), String> {
    let (size, secs) = values::pair(text)?;
    Ok((values::size(size)?, values::seconds(secs)?))
}

fn folders_by_count(text: &str) -> Result<(u32, u32), String> {
    let wrong = |_| format!("'{text}' is not COUNT,DEPTH, such as 1000,2.");
    let (count, depth) = values::pair(text)?;
    let rule: (u32, u32) = (count.parse().map_err(wrong)?, depth.parse().map_err(wrong)?);
    if rule.0 == 0 || rule.1 == 0 || rule.1 > 8 {
        return Err(format!("'{text}': the count must be at least 1, the depth from 1 to 8."));
    }
    Ok(rule)
}
