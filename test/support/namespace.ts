/** A private network namespace (Linux): addresses that belong to others are this machine's own there. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { unbracketed } from '../../src/webhooks/guard';
import type { NamespaceReport, NamespaceTask } from './namespace-child';

const CHILD = require.resolve('./namespace-child');
/** Puts the addresses on the loopback interface; what is none of a host, such as multicast, it passes over. */
const SET_UP = 'ip link set lo up; for a in $1; do ip addr add "$a" dev lo 2>/dev/null; done; shift; exec "$@"';

/** As root, or as anybody where the kernel lets everybody have a namespace of users. */
const WAYS = [['-n'], ['-r', '-n']];

/** How to get one here, or undefined where this machine or its rights do not allow it. */
export const NAMESPACE = WAYS.find((options) => {
  try {
    execFileSync('unshare', [...options, 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export async function inNamespace(unshare: readonly string[], task: NamespaceTask): Promise<NamespaceReport> {
  const addresses = task.hosts.map((host) => unbracketed(new URL(`http://${host}`).hostname));
  const lengths = addresses.map((address) => `${address}/${address.includes(':') ? '128' : '32'}`);
  const node = [process.execPath, '--import', 'tsx', CHILD, JSON.stringify(task)];
  const args = [...unshare, 'sh', '-c', SET_UP, 'sh', lengths.join(' '), ...node];
  const { stdout } = await promisify(execFile)('unshare', args, { env: { PATH: process.env['PATH'] } });
  return JSON.parse(stdout) as NamespaceReport;
}
