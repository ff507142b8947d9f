const work: (() => Promise<void>)[] = [];
let done: Promise<void> | undefined;

/** Adds work for the end of this test file, when its tests and their hooks have closed everything else. */
export function atEnd(one: () => Promise<void>): void {
  work.push(one);
}

/** Does the work once, however often it is called. */
export function doWorkAtEnd(): Promise<void> {
  done ??= (async () => {
    for (const one of work) await one();
  })();
  return done;
}
