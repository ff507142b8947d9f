ALTER ROLE nobody_has_this_name PASSWORD -- it's on the next line
  'hunter2' VALID UNTIL 'infinity' NO SUCH OPTION;
