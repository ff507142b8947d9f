/*
 * Applications with this repository's layout import the runner from here.
 */
export * from "../index.ts";
