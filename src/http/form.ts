/** Forms: their fields and files as texts, in memory, and as large as any other body. */
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'koa';

/** In bytes, of all that is in it. */
const LIMIT = 4_194_304;

/** A name that comes more than once has all its texts. */
export type Form = Readonly<Record<string, string | readonly string[]>>;

export const FORM_TYPES = ['multipart/form-data', 'application/x-www-form-urlencoded'] as const;

const MAX_PARTS = 1_000;

/** Whether a form was sent. */
export function isForm(ctx: Context): boolean {
  return typeof ctx.is([...FORM_TYPES]) === 'string';
}

/** @throws an Error with a status where it is no form, or too large */
export async function readForm(ctx: Context): Promise<Form> {
  if ((ctx.request.length ?? 0) > LIMIT) throw refusal(413, TOO_LARGE);
  const parts = new Map<string, string[]>();
  let left = LIMIT;
  await new Promise<void>((resolve, reject) => {
    const { req } = ctx;
    const parser = createParser(req.headers as BusboyHeaders);
    const end = (error?: Error): void => {
      req.unpipe(parser);
      if (error === undefined) resolve();
      else reject(error);
    };
    const tooLarge = (): void => end(refusal(413, TOO_LARGE));
    const take = (bytes: number): boolean => {
      left -= bytes;
      if (left < 0) tooLarge();
      return left >= 0;
    };
    const keep = (name: string, text: string): void => {
      parts.set(name, [...(parts.get(name) ?? []), text]);
    };
    parser.on('field', (name, text, isNameCut, isTextCut) => {
      if (isNameCut || isTextCut) tooLarge();
      else if (take(Buffer.byteLength(text))) keep(name, text);
    });
    parser.on('file', (name, file) => {
      const chunks: Buffer[] = [];
      file.on('data', (chunk: Buffer) => {
        if (take(chunk.length)) chunks.push(chunk);
      });
      file.on('end', () => keep(name, Buffer.concat(chunks).toString('utf8')));
      // The parser's own error says it.
      file.on('error', () => undefined);
    });
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const) parser.on(limit, tooLarge);
    parser.on('error', (error) => end(refusal(400, error instanceof Error ? error.message : String(error))));
    parser.on('finish', () => end());
    req.once('close', () => {
      if (!req.complete) end(refusal(400, 'request aborted'));
    });
    req.pipe(parser);
  });
  return Object.fromEntries([...parts].map(([name, texts]) => [name, texts.length > 1 ? texts : (texts[0] ?? '')]));
}

/** @throws an Error with a status where the header lacks what it needs */
function createParser(headers: BusboyHeaders): BusboyInstance {
  try {
    return new Busboy({
      headers,
      limits: { fieldNameSize: 200, fieldSize: LIMIT, fileSize: LIMIT + 1, parts: MAX_PARTS, headerPairs: 20 },
    });
  } catch (error) {
    throw refusal(400, error instanceof Error ? error.message : String(error));
  }
}

/** In the words of the parser of JSON. */
const TOO_LARGE = 'request entity too large';

function refusal(status: number, message: string): Error {
  return Object.assign(new Error(message), { status });
}
