SELECT E'it\'s; fine', e'\\';
SELECT E'\';', E'\''';', E'\\';
SELECT nameE'\';
