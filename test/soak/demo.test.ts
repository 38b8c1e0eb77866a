import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shell } from '../support/readme';

describe('the demo, over all packages that there are', function () {
  this.timeout(600_000);

  it('keeps what it promises', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
    try {
      const printed = await shell('npm run demo', { DATA_DIR: dataDir, TEMPORAL_ADDRESS: '' });
      expect(printed).to.include('everything was as promised');
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
