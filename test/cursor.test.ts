import { expect } from 'chai';
import fc from 'fast-check';
import { formatCursor, parseCursor } from '../src/temporal/cursor';

const REFUSAL = 'data.cursor should be the cursor of an earlier answer';

describe('a cursor', () => {
  const desc = { order: 'desc', mark: Buffer.from('{"RunID":"1"}') } as const;
  const asc = { order: 'asc', place: { isOpen: true, at: 1_700_000_000_000, runId: 'r', width: 1_000 } } as const;

  for (const cursor of [desc, asc]) {
    it(`of ${cursor.order} is read as it was written`, () => {
      expect(parseCursor(formatCursor(cursor), cursor.order)).to.deep.equal(cursor);
    });

    it(`of ${cursor.order} is refused where it was changed or cut`, () => {
      const text = formatCursor(cursor);
      fc.assert(
        fc.property(fc.nat(text.length - 2), (at) => {
          const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
          expect(() => parseCursor(changed, cursor.order)).to.throw(REFUSAL);
          expect(() => parseCursor(text.slice(0, at), cursor.order)).to.throw(REFUSAL);
        }),
      );
    });
  }

  it('of one order is none of the other', () => {
    expect(() => parseCursor(formatCursor(desc), 'asc')).to.throw(REFUSAL);
    expect(() => parseCursor(formatCursor(asc), 'desc')).to.throw(REFUSAL);
  });

  it('is nothing that was made up', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseCursor(text, 'desc')).to.throw(REFUSAL);
      }),
    );
  });
});
