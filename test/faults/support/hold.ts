import postgres from "postgres";
import type { Ground } from "./ground.ts";

/** A transaction of somebody else's that stays open. */
export interface Hold {
  release(): Promise<void>;
}

/** Runs `sql` in a transaction and leaves it open. */
export async function holdTransaction(ground: Ground, sql: string): Promise<Hold> {
  const client = postgres(ground.url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: "somebody else" },
  });
  const reserved = await client.reserve();
  await reserved.unsafe(`BEGIN; ${sql}`).simple();
  return {
    async release() {
      await reserved.unsafe("ROLLBACK").simple();
      reserved.release();
      await client.end();
    },
  };
}
