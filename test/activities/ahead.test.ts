import { expect } from 'chai';
import { AheadPlaces } from '../../activities/ahead';

describe('the places of blocks that ask for thousands of items', () => {
  it('are two, and go on in the order in which they were asked for', async () => {
    const places = new AheadPlaces();
    expect(await Promise.all([places.take(), places.take()])).to.deep.equal([true, true]);
    const order: string[] = [];
    const waiting = ['third', 'fourth'].map(async (name) => {
      order.push(`${name} ${String(await places.take())}`);
    });
    places.giveBack();
    await waiting[0];
    expect(order).to.deep.equal(['third true']);
    places.giveBack();
    await waiting[1];
    expect(order).to.deep.equal(['third true', 'fourth true']);
    places.giveBack();
    expect(await places.take()).to.equal(true);
  });

  it('are waited for no longer than a second, and who has waited in vain takes none', async () => {
    const places = new AheadPlaces();
    await Promise.all([places.take(), places.take()]);
    const startedAt = Date.now();
    expect(await places.take()).to.equal(false);
    expect(Date.now() - startedAt).to.be.within(900, 5_000);
    places.giveBack();
    expect(await places.take()).to.equal(true);
  });
});
