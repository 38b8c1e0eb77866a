import { SdkComponent } from '@temporalio/common';
import { expect } from 'chai';
import pino, { type Logger } from 'pino';
import { temporalLogger } from '../src/logger';

describe("Temporal's log", () => {
  let lines: Record<string, unknown>[];
  let log: Logger;

  beforeEach(() => {
    lines = [];
    log = pino({ level: 'trace' }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  });

  const levels = (): unknown[] => lines.map(({ level }) => pino.levels.labels[Number(level)]);

  it('goes into ours at the same levels, with its attributes', () => {
    const bridge = temporalLogger(log);
    bridge.trace('a');
    bridge.debug('b');
    bridge.info('c', { sdkComponent: SdkComponent.activity, jobId: 'j1' });
    bridge.warn('d');
    bridge.log('ERROR', 'e');
    expect(levels()).to.deep.equal(['trace', 'debug', 'info', 'warn', 'error']);
    expect(lines[2]).to.include({ msg: 'c', jobId: 'j1' });
  });

  it('is quieter where the SDK speaks of itself', () => {
    const bridge = temporalLogger(log);
    bridge.info('bundled', { sdkComponent: SdkComponent.worker });
    bridge.warn('lost', { sdkComponent: SdkComponent.core });
    expect(levels()).to.deep.equal(['debug', 'warn']);
  });
});
