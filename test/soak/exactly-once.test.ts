import { expect } from 'chai';
import { readFile, stat } from 'node:fs/promises';
import { isUnlucky } from '../support/algorithms/journal';
import { useRigs } from '../support/fault-rig';
import { useOwnServers } from '../support/own-server';
import { until } from '../support/until';

// Issue: every item exactly once in the result and in order, whatever dies on the way.

const KILLS = 3;
/** What a worker may have in hand of items that cost nothing: those of the two blocks that run, and a few of each other. */
const MOST_IN_HAND = 12_000;
const WITHIN = 600_000;

describe('a batch of items of no cost, of which one in a thousand fails', function () {
  this.timeout(900_000);
  const createRig = useRigs();
  const startServer = useOwnServers();

  for (const width of [1, 1_000, 100_000, 1_000_000]) {
    it(`has each of ${String(width)} once and in order, though its worker is killed three times and its server once`, async () => {
      const server = await startServer();
      const rig = await createRig(server);
      const worker = await rig.keepWorker();
      const { handle, log } = await rig.startLight(width);
      const untilBegun = async (share: number): Promise<void> => {
        await until(
          `${String(share)} of the items have begun`,
          async () => (await begun(log)) >= width * share,
          WITHIN,
        );
      };
      for (let kill = 0; kill < KILLS; kill++) {
        await untilBegun((kill + 0.5) / (KILLS + 2));
        await worker.kill();
      }
      await untilBegun((KILLS + 0.5) / (KILLS + 2));
      await server.kill();
      await server.restart();

      const { status, error, data = [] } = await handle.result();
      expect(status, error).to.equal('completed');
      expect(data).to.have.lengthOf(width);
      // One assertion for each of a million items would take longer than the job.
      const wrong = data.findIndex(({ batchID, result, error }, index) => {
        const item = index + 1;
        const isRight = isUnlucky(item) ? error === `${String(item)} is unlucky` : result === item * 10;
        return batchID !== `green#${String(item)}` || !isRight;
      });
      expect(data[wrong]).to.equal(undefined);
      const again = (await begun(log)) - width;
      process.stdout.write(`      ${String(again)} items ran again\n`);
      expect(await missing(log, width)).to.equal(0);
      expect(again).to.be.within(0, (KILLS + 1) * MOST_IN_HAND);
    });
  }
});

async function begun(log: string): Promise<number> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  return size / 4;
}

/** How many items of so many never began. */
async function missing(log: string, width: number): Promise<number> {
  const bytes = await readFile(log);
  const seen = new Uint8Array(width + 1);
  for (let at = 0; at < bytes.length; at += 4) seen[bytes.readUInt32LE(at)] = 1;
  return width - seen.reduce((sum, one) => sum + one, 0);
}
