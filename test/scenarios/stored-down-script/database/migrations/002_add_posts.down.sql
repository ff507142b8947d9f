-- Description: Posts go
DROP TABLE posts;
DROP TABLE posts_of_yesterday;
