-- The inode of the partial file in which the bits of `have` are true; null: not known, so the bytes must be hashed again.
alter table progress add column ino integer;
