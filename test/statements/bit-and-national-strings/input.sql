SELECT B'01;', x'1f;', N'it''s;', n'\';
SELECT 2;
