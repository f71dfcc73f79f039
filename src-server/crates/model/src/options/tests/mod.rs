//! The table of options is consistent with itself and with the fields that it sets.

mod reference;

use super::*;
use crate::settings::Settings;
use crate::volume::VolumeFlags;
use std::collections::HashSet;

#[test]
fn names_are_unique() {
    let mut words = HashSet::new();
    let mut flags = HashSet::new();
    for spec in all() {
        if spec.is_global() {
            assert!(words.insert(format!("--{}", spec.name)), "{}", spec.name);
            for word in spec.also.iter().filter(|word| **word != format!("--{}", spec.name)) {
                assert!(words.insert(word.to_string()), "{word}");
            }
        }
        for flag in spec.flags {
            assert!(flags.insert(*flag), "{flag}");
        }
        assert_eq!(spec.scope == Scope::Global, spec.flags.is_empty(), "{}", spec.name);
        assert!(!spec.help.is_empty() && !spec.help.ends_with('.'), "{}", spec.name);
        assert!(!spec.guards || spec.effect == Effect::NotYet, "{}", spec.name);
    }
}

/// Options that the parser handles itself.
const HANDLED_BY_PARSER: [&str; 17] = [
    "help",
    "help-volumes",
    "help-perms",
    "help-flags",
    "help-files",
    "version",
    "volume",
    "account",
    "group",
    "config",
    "chdir",
    "hash-password",
    "ls",
    "exit",
    "nearby",
    "s",
    "ss",
];

#[test]
fn options_that_act_have_a_field() {
    for spec in all() {
        let fills = spec.global.is_some()
            || spec.volume.is_some()
            || HANDLED_BY_PARSER.contains(&spec.name)
            || spec.name == "sss";
        assert_eq!(spec.effect == Effect::Acts, fills, "{}", spec.name);
    }
}

#[test]
fn defaults_are_the_defaults() {
    for spec in all() {
        let (settings, flags) = (Settings::default(), VolumeFlags::default());
        let written = match (spec.global, spec.volume) {
            (Some(field), _) => field.get(&settings),
            (_, Some(field)) => field.get(&flags),
            _ => continue,
        };
        let written = written.filter(|written| spec.kind != Kind::Switch || written != "no").unwrap_or_default();
        assert_eq!(written, spec.default, "{}", spec.name);
        if !spec.default.is_empty() {
            let (mut again, mut flags_again) = (settings.clone(), flags.clone());
            let set = |field: Result<(), String>| assert_eq!(field, Ok(()), "{}", spec.name);
            match (spec.global, spec.volume) {
                (Some(field), _) => set(field.set(&mut again, spec.default)),
                (_, Some(field)) => set(field.set(&mut flags_again, spec.default)),
                _ => {}
            }
            assert_eq!((again, flags_again), (settings, flags), "{}", spec.name);
        }
    }
}

#[test]
fn all_options_of_copyparty_are_known() {
    let arguments = "-h --help -c -nc -j -a -v -ed -emp -mcr --dotpart --sparse --urlform -i -p --rproxy --http-only \
        --https-only --ssl-ver --ciphers --ssl-dbg --ssl-log -nw -nih -nid --no-zip --ls --salt -q -lo --log-conn \
        --log-htp --ihead --lf-url --no-rescan --no-stack --no-thumb --no-vthumb --th-size --th-no-crop --th-no-jpg \
        --th-no-webp --th-ff-jpg --th-poke --th-clean --th-maxage --th-covers -e2d -e2ds -e2dsa -e2t -e2ts -e2tsr --hist \
        --no-hash --no-mutagen --no-mtag-mt -mtm -mte -mtp --srch-time --css-browser --no-sendfile --no-scandir \
        --no-fastboot --no-htp --stackmon --grp --usernames --chdir --name --site --mime --reload-sig --exit --version \
        --xff-hdr --xff-src --xf-host --xf-proto --ipa --rp-loc --s-tbody --cert --no-crt --ipu --ipr --ah-alg --ah-salt \
        --ah-gen --no-bauth --no-ses --ses-db --logout --chpw --idp-h-usr --idp-h-grp --idp-h-key --idp-gsep --auth-ord \
        --plain-ip --put-name --put-ck --bup-ck --unpost --u2abort --blank-wt --dedup --safe-dedup --hardlink \
        --hardlink-only --reflink --no-dupe --no-clone --reg-cap --snap-wri --snap-drop --no-snap --rm-partial --u2ts \
        --rand --nrand --df --turbo --u2j --u2sz --u2ow --u2sort --chmod-f --chmod-d --magic -e2v -e2vu -e2vp --dbpath \
        --no-idx --no-dirsz --no-forget --forget-ip --dbd --xlink --re-maxage --db-act --srch-hits --srch-excl \
        --srch-icase --dotsrch --no-mtag-ff --mtag-to -mth --no-athumb --th-crop --th-x3 --th-qv --th-no-jxl --th-convt \
        --ac-convt --ac-maxage --q-opus --q-mp3 --no-acode --allow-flac --allow-wav -s -ss -sss --no-dav --no-del --no-mv \
        --no-cp --zip-who --zipmaxn --zipmaxs --no-tarcmp --no-lifetime --no-pipe --no-tail --tail-who --no-logues \
        --no-readme --no-robots --vague-403 --ban-pw --ban-404 --ban-403 --ban-422 --ban-url --acao --acam --allow-csrf \
        --getmod --smsg --daw --dav-inf --dav-auth -nb --shr --shr-db --shr-adm --shr-who --shr-rt --stats --stats-u \
        --rss --opds --xvol --xdev --rw-edit --md-hist --md-nhist --show-hist --txt-eol --exp --grid --gsel --lang \
        --theme --sort --unlist --ih --textfiles --prologues --epilogues --readmes --preadmes --js-browser --html-head \
        --nsort --see-dots --qdel --au-vol --favico --ui-noacci --xbu --xau --xiu --xbc --xac --xbr --xar --xbd --xad --xm \
        --xban --flo --no-voldump --log-utc --log-tdec --log-badpwd --ohead --warksalt --mtag-mt --wram";
    let unknown: Vec<&str> = arguments.split_whitespace().filter(|word| by_argument(word).is_none()).collect();
    assert_eq!(unknown, Vec::<&str>::new());
    let flags = "nodupe e2d e2ds e2dsa e2t e2ts e2tsr d2d d2t dhash ehash hist mte mtm mtp dedup hardlink hardlinkonly \
        reflink safededup noclone sparse nosparse rm_partial daw put_name put_ck bup_ck gz xz pk chmod_f chmod_d uid gid \
        fsnt sz df maxn maxb vmaxn vmaxb rand nrand nosub rotn rotf rotf_tz lifetime u2ow u2ts u2abort apnd_who medialinks \
        wo_up_readme e2v e2vu e2vp d2ds d2ts d2v dbpath landmark scan nohash noidx noforget forget_ip no_db_ip xlink xdev \
        xvol dotsrch srch_excl dbd mth dthumb dvthumb dathumb dithumb thsize crop th3x th_covers convt aconvt xbu xau xiu \
        xbc xac xbr xar xbd xad xm xban grid gsel sort nsort hsortn unlist dothidden dlni html_head robots norobots du_who \
        nodirsz no_logues no_readme prologues epilogues readmes preadmes sb_md sb_lg rw_edit md_hist md_nhist show_hist \
        txt_eol exp dots fk fka dk dks dky zip_who zipmaxn zipmaxs zipmaxt zipmaxu ups_who unp_who shr_who nopipe notail \
        tail_who tail_rate rss rss_sort opds nohtml noscript nomime cachectl davauth nospawn assert_root";
    let unknown: Vec<&str> = flags.split_whitespace().filter(|flag| by_flag(flag).is_none()).collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn typing_errors_get_a_suggestion() {
    for (wrong, want) in [("--dedpu", "--dedup"), ("--no-zpi", "--no-zip"), ("--prots", "--ports")] {
        assert_eq!(suggest_argument(wrong).as_deref(), Some(want));
    }
    assert_eq!(suggest_flag("nodup").as_deref(), Some("nodupe"));
    assert_eq!(suggest_argument("--qqqqqqq"), None);
}

#[test]
fn the_table_serialises() {
    let rows = serde_json::to_value(all().collect::<Vec<_>>()).expect("plain data");
    let dedup = rows.as_array().expect("rows").iter().find(|row| row["name"] == "dedup").expect("dedup");
    assert_eq!((&dedup["is"], &dedup["scope"], &dedup["group"]), (&"switch".into(), &"both".into(), &"uploads".into()));
}
