-- Inode of the partial file that `have` describes; null: not known, so the bytes must be hashed again.
alter table progress add column ino integer;
