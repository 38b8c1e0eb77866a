/** A real Chromium: found, else installed, else one line that says what to do. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { after, before } from 'mocha';
import { chromium, type Browser, type Page } from 'playwright-core';

const run = promisify(execFile);

/** Generous: a machine without a browser installs it at the first start. */
const INSTALL_TIMEOUT = 300_000;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const QUIET = ['--disable-background-networking', '--disable-component-update'];

async function installed(): Promise<string | undefined> {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((dir) => NAMES.map((name) => join(dir, name)));
  const candidates = [process.env.CHROMIUM ?? '', ...onPath, chromium.executablePath(), ...ELSEWHERE];
  for (const candidate of candidates) {
    if (candidate === '') continue;
    const there = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return candidate;
  }
  return undefined;
}

/** Playwright's own download goes into the user's cache; Debian's packages are the way on a machine that can not reach it. */
async function install(): Promise<void> {
  const cli = join(require.resolve('playwright-core/package.json'), '../cli.js');
  try {
    await run(process.execPath, [cli, 'install', 'chromium'], { timeout: INSTALL_TIMEOUT });
    if ((await installed()) !== undefined) return;
  } catch {
    // The next way.
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  const packages = ['chromium', 'fonts-dejavu-core'];
  await runApt(['update', '-qq']);
  await runApt(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

/** Test files run side by side, and so may their installations: one waits for the other. */
async function runApt(args: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  for (const deadline = Date.now() + INSTALL_TIMEOUT; ;) {
    try {
      await run('apt-get', [...args], { env, timeout: INSTALL_TIMEOUT });
      return;
    } catch (error) {
      if (!/could not get lock|unable to lock/i.test(String(error)) || Date.now() > deadline) throw error;
      await sleep(1_000);
    }
  }
}

async function findChromium(): Promise<string> {
  const found = await installed();
  if (found !== undefined) return found;
  await install().catch(() => undefined);
  const now = await installed();
  if (now === undefined) throw new Error('no Chromium: install it, or name it in CHROMIUM=/path/to/chromium');
  return now;
}

/** A browser for one `describe`. @returns opens a page of it */
export function useBrowser(): () => Promise<Page> {
  let browser: Browser | undefined;
  before('start a browser', async function () {
    this.timeout(2 * INSTALL_TIMEOUT);
    const executablePath = await findChromium();
    // A container has no user namespaces for its sandbox.
    const chromiumSandbox = process.getuid?.() !== 0;
    browser = await chromium.launch({ executablePath, chromiumSandbox, args: [...FLAGS, ...QUIET] });
  });
  after('close the browser', () => browser?.close());
  return async () => {
    if (browser === undefined) throw new Error('the browser is there only while tests run');
    return await browser.newPage({ viewport: { width: 1280, height: 900 } });
  };
}
