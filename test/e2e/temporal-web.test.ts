import { expect } from 'chai';
import type { Frame, Page } from 'playwright-core';
import type { Algorithms } from '../../activities';
import { useBrowser } from '../support/browser';
import { useFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// Temporal Web as an operator sees it: the job id is what is searched for, and the page tells what the job does.

/** A page of Temporal's takes its time on a machine under load. */
const LISTED_WITHIN_MS = 90_000;

describe('Temporal Web', function () {
  this.timeout(120_000);
  const gate = new Gate();
  const algorithms: Algorithms = {
    'times-ten': ({ input: [value] }) => Number(value) * 10,
    held: ({ jobId }, { signal }) => gate.wait(jobId, signal),
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const openPage = useBrowser();

  async function post(): Promise<string> {
    const { body } = await facade.post('/api/v1/exec/raw', {
      name: 'numbers',
      description: 'three numbers, then a wait',
      tags: ['shown', 'to people'],
      nodes: [
        { nodeName: 'green', algorithmName: 'times-ten', input: ['#[1,2,3]'] },
        { nodeName: 'yellow', algorithmName: 'held', input: ['@green'] },
      ],
    });
    const { jobId } = body as { jobId: string };
    await until('green is done', async () => {
      const status = await facade.get(`/api/v1/exec/status/${jobId}`);
      return JSON.stringify(status.body).includes('3 succeed, 1 active');
    });
    return jobId;
  }

  async function openJob(jobId: string): Promise<Page> {
    const page = await openPage();
    await page.goto(`${suite.temporal.uiUrl}/namespaces/default/workflows/${encodeURIComponent(jobId)}`);
    return page;
  }

  /** The page shows descriptions and details in frames, so that their markup reaches nothing else. */
  async function texts(page: Page): Promise<string> {
    const textOf = (frame: Frame): Promise<string> => frame.locator('body').innerText({ timeout: 1_000 });
    // A frame that goes while it is read has nothing to say.
    const parts = await Promise.all(page.frames().map((frame) => textOf(frame).catch(() => '')));
    return parts.join('\n').replace(/\s+/g, ' ');
  }

  async function shows(page: Page, expected: readonly string[]): Promise<void> {
    let text = '';
    await until('the page shows it', async () => {
      text = await texts(page);
      return expected.every((part) => text.includes(part));
    }).catch(() => undefined);
    for (const part of expected) expect(text).to.include(part);
  }

  async function show(page: Page, tab: string): Promise<void> {
    await page.getByRole('tab', { name: tab }).click();
  }

  it('shows a running job: id, status, what it is, what it has done', async () => {
    const jobId = await post();
    const page = await openJob(jobId);
    await shows(page, [jobId, 'Running', 'runPipeline', 'Priority 3', 'Fairness numbers', 'runBlock • green#1…#3']);
    await show(page, 'User Metadata');
    await shows(page, [
      'three numbers, then a wait',
      'Activity green#1…#3 Completed',
      'Activity yellow Scheduled',
      'active, 75.00% completed, 3 succeed, 1 active',
      'green: 3 of 3 done yellow: 0 of 1 done',
    ]);
    await show(page, 'Search Attributes');
    await shows(page, [
      '"PipelineName": "numbers"',
      '"PipelineStatus": "active"',
      '"PipelineTags": [ "shown", "to people" ]',
      '"PipelineTypes": [ "raw" ]',
    ]);
    gate.open(jobId);
  });

  it('finds a job by its pipeline and status, and shows how it ended', async () => {
    const jobId = await post();
    gate.open(jobId);
    const page = await openPage();
    const query = 'PipelineName="numbers" AND PipelineStatus="completed"';
    await until(
      'it is listed',
      async () => {
        await page.goto(`${suite.temporal.uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
        const row = page.getByRole('link', { name: jobId });
        return await row
          .first()
          .waitFor({ timeout: 3_000 })
          .then(
            () => true,
            () => false,
          );
      },
      LISTED_WITHIN_MS,
    );
    await page.getByRole('link', { name: jobId }).first().click();
    await shows(page, [jobId, 'Completed', '"algorithmName": "held"', '"progress": "100.00"']);
  });
});
