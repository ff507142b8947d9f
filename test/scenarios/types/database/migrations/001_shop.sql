CREATE TYPE mood AS ENUM ('happy', 'sad');
CREATE TABLE authors (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(40) NOT NULL,
  mood mood NOT NULL DEFAULT 'happy',
  born date,
  notes jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE authors IS 'Who writes the books';
COMMENT ON COLUMN authors.name IS 'As it stands on the cover';
CREATE TABLE books (id int PRIMARY KEY, author_id bigint REFERENCES authors, title text NOT NULL, prices numeric(10, 2)[]);
CREATE VIEW titles AS SELECT b.title, a.name AS author FROM books b LEFT JOIN authors a ON a.id = b.author_id;
CREATE FUNCTION books_of(author bigint, newest boolean DEFAULT false) RETURNS SETOF books
  LANGUAGE sql AS 'SELECT * FROM books WHERE author_id = author';
