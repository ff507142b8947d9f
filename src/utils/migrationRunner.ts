/*
 * The place from which applications that have this repository's layout import the runner.
 */
export * from "../index.ts";
