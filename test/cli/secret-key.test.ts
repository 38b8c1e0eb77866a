import { expect } from 'chai';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownSecretKey } from '../../src/cli/secret-key';
import { parseSecretKeys } from '../../src/store/secret-key';
import { rejection } from '../support/rejection';

describe('the key that start makes', () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'secret-key-'));
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true });
  });

  it('is of 32 random bytes, for this user only, and stays the same', async () => {
    const made = await ownSecretKey(dataDir);
    expect(parseSecretKeys(made)).to.have.length(1);
    expect(await ownSecretKey(dataDir)).to.equal(made);
    expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).to.equal(0o600);
    expect((await readFile(join(dataDir, 'secret-key'), 'utf8')).trim()).to.equal(made);
    await rm(join(dataDir, 'secret-key'));
    expect(await ownSecretKey(dataDir)).to.not.equal(made);
  });

  for (const text of ['', 'hunter2\n']) {
    it(`is not made over a file with ${JSON.stringify(text)}, which is named and not shown`, async () => {
      const file = join(dataDir, 'secret-key');
      await writeFile(file, text);
      const error = await rejection(ownSecretKey(dataDir));
      expect(error).to.have.property('message').that.includes(`${file} holds no key`).and.does.not.include('hunter2');
      expect(await readFile(file, 'utf8')).to.equal(text);
    });
  }
});
