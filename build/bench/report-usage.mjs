import { writeFileSync } from "node:fs";
import process from "node:process";

process.on("exit", () => {
  const path = process.env.BENCH_USAGE;
  if (path) writeFileSync(path, JSON.stringify(process.resourceUsage()));
});
