import { useRigs } from '../support/fault-rig';
import { expectShare } from '../support/joining';
import { sharedTemporal } from '../support/temporal';

describe('workers that share one wide batch', function () {
  this.timeout(300_000);
  const createRig = useRigs();

  it('give some to one that joins, with two items in a block', async () => {
    await expectShare(await createRig(await sharedTemporal()), { ms: 1_000, withinMs: 5_000 });
  });

  it('give some to one that joins, with a hundred in a block', async () => {
    // More at a time would keep this machine busy with nothing but them.
    const settings = { window: 12 };
    await expectShare(await createRig(await sharedTemporal()), { ms: 20, withinMs: 5_000, settings });
  });
});
