import { expect } from 'chai';
import { useBrowser } from '../support/browser';
import { startLoneFacade, type TestFacade } from '../support/facade';
import { until } from '../support/until';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// The page as a browser takes it: under the facade's own headers, which refuse what comes from elsewhere.

describe('/swagger-ui', function () {
  this.timeout(60_000);
  const openPage = useBrowser();
  let facade: TestFacade;

  before('start a facade', async () => {
    facade = await startLoneFacade();
  });
  after('close the facade', () => facade.close());

  it('lists every route, shows one whole, and nothing of it is refused', async () => {
    const page = await openPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('requestfailed', (request) => complaints.push(request.url()));
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(facade.url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
    });
    await page.goto(`${facade.url}/swagger-ui`);

    const { paths } = (await facade.get('/swagger-api')).body as Document;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const texts = async (part: string): Promise<string[]> =>
      // A mark for where a line may break stands between the parts of a path.
      (await page.locator(`.opblock-summary-${part}`).allTextContents()).map((text) => text.replaceAll('\u200b', ''));
    const shown = async (): Promise<string[]> => {
      const [methods, places] = [await texts('method'), await texts('path')];
      return methods.map((method, index) => `${method} ${places[index] ?? ''}`.trim());
    };
    await until('the routes are there', async () => (await shown()).length >= routes.length);
    expect(await shown()).to.include.members(routes);
    await page.locator('.opblock-post').first().click();
    await page.getByText('Request body').first().waitFor({ timeout: 10_000 });
    expect(complaints).to.deep.equal([]);
    expect(elsewhere).to.deep.equal([]);
  });
});
