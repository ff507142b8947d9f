create or replace procedure s.p() begin /* now */ atomic insert into t values (1); end; select 2;
