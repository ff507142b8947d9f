import { writeFileSync } from "node:fs";
import process from "node:process";

process.on("exit", () => {
  const path = process.env.PGSTEP_BENCH_USAGE;
  if (path) writeFileSync(path, JSON.stringify(process.resourceUsage()));
});
