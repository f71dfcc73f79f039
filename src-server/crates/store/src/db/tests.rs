//! Transactions are atomic, a failing job does not affect others, readers see what was committed.

use super::*;
use crate::error::ErrorKind;

/// Inserts more rows than fit in a page.
const FLOOD: &str = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000)
                     insert into t select i + 9 from n";
const TABLES: &[&str] = &["create table t (n integer primary key)", "create table u (n integer)"];

fn count(db: &Db) -> i64 {
    db.read(|c| c.query_row("select count(*) from t", [], |row| row.get(0))).expect("counts")
}

#[test]
fn concurrent_writers_see_their_rows() {
    let tmp = tempfile::tempdir().expect("temp folder");
    for location in [Location::File(tmp.path().join("x.db")), Location::Memory] {
        let db = Db::open(&location, TABLES).expect("opens");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let db = &db;
                scope.spawn(move || {
                    for i in 0..50 {
                        let n = thread * 1000 + i;
                        db.write(move |c| c.execute("insert into t values (?1)", [n])).wait().expect("writes");
                        assert!(count(db) > i, "own row is visible after the commit");
                    }
                });
            }
        });
        assert_eq!(count(&db), 400);
        db.sync().expect("syncs");
    }
}

#[test]
fn a_failing_job_rolls_back_only_itself() {
    let db = Db::open(&Location::Memory, TABLES).expect("opens");
    let good = db.write(|c| c.execute("insert into t values (1)", []));
    let bad = db.write(|c| {
        c.execute("insert into t values (2)", [])?;
        c.execute("insert into t values (1)", [])
    });
    let later = db.write(|c| c.execute("insert into t values (3)", []));
    assert!(good.wait().is_ok() && bad.wait().is_err() && later.wait().is_ok());
    assert_eq!(count(&db), 2);
}

#[test]
fn migrations_run_once_and_newer_files_are_refused() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let location = Location::File(tmp.path().join("x.db"));
    let old = Db::open(&location, &TABLES[..1]).expect("opens");
    old.write(|c| c.execute("insert into t values (7)", [])).wait().expect("writes");
    drop(old);
    let new = Db::open(&location, TABLES).expect("migrates");
    assert_eq!(count(&new), 1);
    new.write(|c| c.execute("insert into u values (1)", [])).wait().expect("has the new table");
    drop(new);
    let older = Db::open(&location, &TABLES[..1]).map(|_| ()).map_err(|e| e.kind());
    assert_eq!(older, Err(ErrorKind::Newer));
    std::fs::write(tmp.path().join("y.db"), [b'x'; 4096]).expect("writes");
    let broken = Db::open(&Location::File(tmp.path().join("y.db")), TABLES).map(|_| ()).map_err(|e| e.kind());
    assert_eq!(broken, Err(ErrorKind::Corrupt));
}

#[test]
fn without_shared_memory_the_file_is_opened_exclusively() {
    let tmp = tempfile::tempdir().expect("temp folder");
    let location = Location::File(tmp.path().join("x.db"));
    // A folder blocks the name of the shared-memory file.
    std::fs::create_dir(tmp.path().join("x.db-shm")).expect("makes");
    let db = Db::open(&location, TABLES).expect("opens");
    assert!(matches!(db.readers, Readers::Shared(_)));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let db = &db;
            scope.spawn(move || {
                db.write(move |c| c.execute("insert into t values (?1)", [n])).wait().expect("writes");
                assert!(count(db) > 0, "own row is visible after the commit");
            });
        }
    });
    assert_eq!(db.file(), Some(tmp.path().join("x.db").as_path()));
    db.sync().expect("syncs the file's WAL");
    drop(db);
    std::fs::remove_dir(tmp.path().join("x.db-shm")).expect("removes");
    let db = Db::open(&location, TABLES).expect("opens");
    assert!(matches!(db.readers, Readers::PerRead { .. }));
    assert_eq!(count(&db), 8);
}

#[test]
fn a_job_on_a_full_disk_fails_alone() {
    let db = Db::open(&Location::Memory, TABLES).expect("opens");
    let limit = |sql: &'static str| {
        db.write(move |c| c.query_row(sql, [], |row| row.get::<_, i64>(0))).wait().expect("sets");
    };
    limit("pragma max_page_count = 1");
    let put = |n: i64| move |c: &Connection| c.execute("insert into t values (?1)", [n]);
    let flood = |c: &Connection| c.execute_batch(FLOOD);
    let alone = db.write(flood).wait();
    assert_eq!(alone.map_err(|error| error.kind()), Err(ErrorKind::NoSpace));
    let (before, full, after) = (db.write(put(3)), db.write(flood), db.write(put(4)));
    let outcomes = [before.wait().map(drop), full.wait(), after.wait().map(drop)];
    let want = [Ok(()), Err(ErrorKind::NoSpace), Ok(())];
    assert_eq!(outcomes.map(|outcome| outcome.map_err(|error| error.kind())), want);
    assert_eq!(count(&db), 2);
    limit("pragma max_page_count = 100000");
    db.write(flood).wait().expect("there is room");
    assert_eq!(count(&db), 100_002);
}
