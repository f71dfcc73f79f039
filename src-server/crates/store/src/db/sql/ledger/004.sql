-- Folders that are about to get another path: entered before the rename, removed with the change of the rows of what is in
-- them. What is here at the start of a program was cut off in between; where the folder with this inode is at `target`, its
-- rows follow.
create table moving (
    source blob primary key,
    target blob not null,
    ino integer not null
) strict, without rowid;
