-- Renames of folders in progress: inserted before the rename, removed together with the update of the rows below the
-- folder. A row found at the start was left by a crash in between; if the folder with this inode is at `target`, its
-- rows are moved.
create table moving (
    source blob primary key,
    target blob not null,
    ino integer not null
) strict, without rowid;
