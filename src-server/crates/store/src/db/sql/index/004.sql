-- A fifth state of tags, 4: none by its name, but parsers found some. Files with tags, for listings of their folder; the
-- index holds all that is needed of them.
create index file_tagged on file (folder, name, substr(content, 1, 12)) where tag_state in (1, 3, 4);
