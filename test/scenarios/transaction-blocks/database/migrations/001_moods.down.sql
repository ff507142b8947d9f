DROP TABLE people; DROP TYPE mood_new; DROP TYPE mood;
