import type { CopiedPglite, PgliteMaker, PgliteStart } from "../../ports/pglite.ts";
import { keepingExitCode } from "./pglite-module.ts";

/** Images of migrated databases in this process, for each maker by the checksum of what was migrated. */
const images = new WeakMap<object, Map<string, Promise<Blob>>>();

/** A new instance with a database that `fill` has filled: the first one really, later ones as copies of its image. */
export async function copiedPglite<Instance extends CopiedPglite>(
  maker: PgliteMaker<Instance>,
  checksum: string,
  fill: (instance: Instance) => Promise<void>,
): Promise<Instance> {
  const known = images.get(maker) ?? new Map<string, Promise<Blob>>();
  images.set(maker, known);
  const image = known.get(checksum);
  if (image) return await start(maker, { loadDataDir: await image });
  const filled = start(maker, {}).then(async (instance) => {
    try {
      await fill(instance);
      // Without it each copy would begin by recovering the database.
      await instance.exec("CHECKPOINT");
      return { instance, image: await instance.dumpDataDir("none") };
    } catch (error) {
      await keepingExitCode(() => instance.close());
      throw error;
    }
  });
  const coming = filled.then((one) => one.image);
  known.set(checksum, coming);
  coming.catch(() => known.delete(checksum));
  return (await filled).instance;
}

function start<Instance>(maker: PgliteMaker<Instance>, options: PgliteStart): Promise<Instance> {
  return keepingExitCode(() => ("create" in maker ? (maker.create(options) as Promise<Instance>) : maker(options)));
}
