-- With all columns that a listing of tags needs of a file, so that its row is not read.
drop index file_tagged;
create index file_tagged on file (folder, name, content, tag_state) where tag_state in (1, 3, 4);
