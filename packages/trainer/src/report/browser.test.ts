import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { writeSyntheticRun } from '../testing/synthetic-run';
import { writeReport } from './write-report';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

if (executablePath === undefined) {
  test.skip('the report in a browser: skipped, no Chromium found (apt-get install chromium)', () => undefined);
} else {
  describe('the report in a browser', () => {
    let root: string;
    let browser: Browser;
    let url: string;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'ser-browser-'));
      await writeSyntheticRun(join(root, 'run'), { folds: 3, unfinished: [2], embeddings: 20, attention: 2 });
      const readAudio = async (): Promise<Float32Array> =>
        Float32Array.from({ length: 16_000 }, (_, index) => 0.4 * Math.sin(index / 7));
      const { htmlPath } = await writeReport(join(root, 'run'), { resamples: 50, readAudio });
      url = pathToFileURL(htmlPath).href;
      browser = await chromium.launch({ executablePath, args: flags });
    });
    afterAll(async () => {
      await browser.close();
      await rm(root, { recursive: true, force: true });
    });

    async function open(options: Parameters<Browser['newPage']>[0]): Promise<{ page: Page; problems: string[] }> {
      const page = await browser.newPage(options);
      const problems: string[] = [];
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!/^(file|data):/.test(request.url())) problems.push(request.url());
      });
      await page.goto(url);
      return { page, problems };
    }

    it('opens offline without complaint and asks for nothing', async () => {
      const { page, problems } = await open({ offline: true });
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('run');
      expect((await page.getByRole('status').innerText()).replace(/\s+/g, ' ')).toContain(
        'fold 2 (stopped after 2 epochs)',
      );
      expect(await page.getByRole('img').count()).toBeGreaterThan(8);
      expect(problems).toEqual([]);
      await page.close();
    });

    it('fits a phone: the page does not scroll sideways, wide tables do', async () => {
      const { page } = await open({ viewport: { width: 360, height: 740 } });
      const sizes = await page.evaluate<{ page: number; table: number }>(
        "({ page: document.documentElement.scrollWidth, table: document.querySelector('#folds table').scrollWidth })",
      );
      expect(sizes.page).toBe(360);
      expect(sizes.table).toBeGreaterThan(360);
      await page.close();
    });

    it('follows the reader: text stands out from the page in light and in dark', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = await open({ colorScheme });
        const colors = await page.evaluate<[string, string, string]>(
          "['color', 'backgroundColor'].map((key) => getComputedStyle(document.body)[key]).concat(getComputedStyle(document.querySelector('svg text')).fill)",
        );
        const [text, surface, label] = colors.map(brightness);
        expect(Math.abs((text ?? 0) - (surface ?? 0))).toBeGreaterThan(150);
        expect(Math.abs((label ?? 0) - (surface ?? 0))).toBeGreaterThan(90);
        expect((surface ?? 0) < 128).toBe(colorScheme === 'dark');
        await page.close();
      }
    });

    it('plays the sound and opens the numbers behind a chart', async () => {
      const { page } = await open({});
      const duration = await page.evaluate<number>(
        "new Promise((done) => { const a = document.querySelector('audio'); if (a.readyState > 0) done(a.duration); a.onloadedmetadata = () => done(a.duration); a.load(); })",
      );
      expect(duration).toBeCloseTo(1, 3);
      const numbers = page.locator('#training details').first();
      await numbers.locator('summary').click();
      expect(await numbers.getByRole('columnheader').allInnerTexts()).toEqual([
        'Epoch',
        'total',
        'kl',
        'focal',
        'center',
        'supcon',
      ]);
      await page.close();
    });
  });
}

/** 0 to 255 of a CSS `rgb(…)` colour. */
function brightness(color: string): number {
  const [red = 0, green = 0, blue = 0] = color.match(/\d+/g)?.map(Number) ?? [];
  return 0.3 * red + 0.59 * green + 0.11 * blue;
}
