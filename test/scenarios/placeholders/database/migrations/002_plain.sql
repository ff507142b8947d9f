SELECT '${title}';
