/** The public receivers' libraries in Python, in one process that verifies many messages (`python/verify.py`). */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { ensurePython } from './python';

const SOURCE = resolve(__dirname, 'python/verify.py');

export interface SignedMessage {
  /** `whsec_…` */
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `accepted`, or what the library says, by its name on PyPI. */
export type Verdicts = Readonly<Record<'standardwebhooks' | 'svix', string>>;

/** @returns in the order of the messages */
export async function verifyInPython(messages: readonly SignedMessage[]): Promise<Verdicts[]> {
  const python = await ensurePython();
  const output = await new Promise<string>((done, fail) => {
    const child = execFile(python, [SOURCE], (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else fail(new Error(stderr, { cause: error }));
    });
    child.stdin?.end(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdicts);
}
