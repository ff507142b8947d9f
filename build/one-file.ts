/** How esbuild makes one module of several, for the files beside the program. */
export const ONE_FILE = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minify: true,
  legalComments: "none",
  logLevel: "error",
} as const;
